import { HIGHEST_MICROS, slotOf, SLOTS, type SparseHistogram } from '../measure/histogram.ts';
import {
  COUNTS_BYTES,
  counts,
  HISTOGRAM_BYTES,
  LATENCIES,
  PAGE,
  phases,
  type Phase,
  SHARD_BYTES,
  SHARD_HEAD_BYTES,
  SLOT_BYTES,
  statistics,
  STATISTICS_AT,
  STATISTICS_BYTES,
} from './layout.ts';
import type { TapFile } from './tap-file.ts';

export type Counter = keyof typeof counts;
export type Counts = Readonly<Record<Counter, number>>;

/**
 * Latencies that came since the last look. `exact.min` and `exact.max` are those of all since the beginning, since
 * nobody knows which sample is new.
 */
export interface LatencyGrowth {
  /** Its place among the histograms of the role. */
  readonly latency: number;
  readonly phase: Phase;
  readonly growth: SparseHistogram;
}

/** A histogram as it stood at the last look, over all shards. */
interface Known {
  readonly slots: Float64Array;
  sum: bigint;
  above: number;
  below: number;
  samples: number;
}

/** Counters and histograms of a tap. What is read grows only; a sample that comes while we read is in the next look. */
export class Shards {
  readonly #file: TapFile;
  readonly #heads: Buffer[];
  readonly #bytes = new Uint8Array(HISTOGRAM_BYTES);
  readonly #words = new Uint32Array(this.#bytes.buffer);
  readonly #known: (Known | undefined)[] = [];

  constructor(file: TapFile) {
    this.#file = file;
    this.#heads = Array.from({ length: file.shards }, () => Buffer.alloc(SHARD_HEAD_BYTES));
  }

  /** Counters and statistics as they are now; the answers below are of the last time. */
  look(): void {
    this.#heads.forEach((head, shard) => this.#file.read(head, PAGE + shard * SHARD_BYTES, head.length));
  }

  count(phase: Phase, counter: Counter): number {
    const at = phases.indexOf(phase) * COUNTS_BYTES + counts[counter];
    return this.#heads.reduce(
      (sum, head) => sum + head.readUInt32LE(at) + head.readUInt32LE(at + 4) * 2 ** 32,
      0,
    );
  }

  /** What came since the last call, for each histogram in which something did. */
  growth(): LatencyGrowth[] {
    const grown: LatencyGrowth[] = [];
    for (let latency = 0; latency < LATENCIES; latency++) {
      phases.forEach((phase, p) => {
        const growth = this.#growthOf(latency * phases.length + p);
        if (growth !== null) grown.push({ latency, phase, growth });
      });
    }
    return grown;
  }

  #growthOf(histogram: number): SparseHistogram | null {
    const at = STATISTICS_AT + histogram * STATISTICS_BYTES;
    const total = { sum: 0n, above: 0, below: 0, min: Infinity, max: -Infinity };
    for (const head of this.#heads) {
      const min = head.readBigInt64LE(at + statistics.min);
      const max = head.readBigInt64LE(at + statistics.max);
      if (min > max) continue;
      total.sum += head.readBigUInt64LE(at + statistics.sum);
      total.above += Number(head.readBigUInt64LE(at + statistics.above));
      total.below += Number(head.readBigUInt64LE(at + statistics.below));
      total.min = Math.min(total.min, Number(min) / 1000);
      total.max = Math.max(total.max, Number(max) / 1000);
    }
    if (total.min === Infinity) return null;
    const known = (this.#known[histogram] ??= {
      slots: new Float64Array(SLOTS),
      sum: 0n,
      above: 0,
      below: 0,
      samples: 0,
    });
    const slots = this.#newInSlots(histogram, known, total);
    const overflow = total.above - known.above;
    const negative = total.below - known.below;
    const count = slots.samples + overflow + negative;
    if (count === 0) return null;
    // Modulo 2^64, as the tap adds.
    const sum = Number(BigInt.asIntN(64, total.sum - known.sum)) / 1000;
    known.sum = total.sum;
    known.above = total.above;
    known.below = total.below;
    const { min, max } = total;
    return { ...slots, exact: { count, min, max, sum, overflow, negative } };
  }

  #newInSlots(histogram: number, known: Known, { min, max }: { min: number; max: number }) {
    const first = slotOf(Math.min(Math.max(min, 0), HIGHEST_MICROS));
    const last = slotOf(Math.min(Math.max(max, 0), HIGHEST_MICROS));
    const now = new Float64Array(last - first + 1);
    for (let shard = 0; shard < this.#file.shards; shard++) {
      const at = PAGE + shard * SHARD_BYTES + PAGE + histogram * HISTOGRAM_BYTES;
      this.#file.read(this.#bytes, at + first * SLOT_BYTES, now.length * SLOT_BYTES);
      for (let i = 0; i < now.length; i++) now[i]! += this.#words[2 * i]! + this.#words[2 * i + 1]! * 2 ** 32;
    }
    const indices: number[] = [];
    const grown: number[] = [];
    let samples = 0;
    for (let i = 0; i < now.length; i++) {
      const more = now[i]! - known.slots[first + i]!;
      if (more === 0) continue;
      known.slots[first + i] = now[i]!;
      indices.push(first + i);
      grown.push(more);
      samples += more;
    }
    return { indices: Uint32Array.from(indices), counts: Float64Array.from(grown), samples };
  }
}
