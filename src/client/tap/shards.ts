import { HIGHEST_MICROS, slotOf, type SparseHistogram } from '../../measure/slots.ts';
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

/**
 * Latencies that one shard got since the last look. `exact.min` and `exact.max` are those of all since the beginning,
 * since nobody knows which sample is new.
 */
export interface LatencyGrowth {
  /** Its place among the histograms of the role. */
  readonly latency: number;
  readonly phase: Phase;
  readonly growth: SparseHistogram;
}

/** A histogram of a shard as it stood at the last look. */
interface Known {
  readonly slots: Buffer;
  messages: number;
  sum: bigint;
  above: number;
  below: number;
}

/** Slots compared at once: most of a histogram has not changed since a second ago. */
const BLOCK = 64;

/** Counters and histograms of a tap. What is read grows only; a sample that comes while we read is in the next look. */
export class Shards {
  readonly #file: TapFile;
  readonly #heads: Buffer[];
  readonly #slots = Buffer.alloc(HISTOGRAM_BYTES);
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
    return this.#heads.reduce((sum, head) => sum + countIn(head, phase, counter), 0);
  }

  /** What came since the last call, for each histogram in which something did. */
  growth(): LatencyGrowth[] {
    const grown: LatencyGrowth[] = [];
    for (let shard = 0; shard < this.#heads.length; shard++) {
      for (const phase of phases) {
        for (let latency = 0; latency < LATENCIES; latency++) {
          const growth = this.#growthOf(shard, latency, phase);
          if (growth !== null) grown.push({ latency, phase, growth });
        }
      }
    }
    return grown;
  }

  #growthOf(shard: number, latency: number, phase: Phase): SparseHistogram | null {
    const head = this.#heads[shard]!;
    const histogram = latency * phases.length + phases.indexOf(phase);
    const at = STATISTICS_AT + histogram * STATISTICS_BYTES;
    const least = head.readBigInt64LE(at + statistics.min);
    const most = head.readBigInt64LE(at + statistics.max);
    if (least > most) return null;
    const known = (this.#known[shard * LATENCIES * phases.length + histogram] ??= nothing());
    // Counted behind the sample: whoever is not yet counted makes it change later.
    const messages = countIn(head, phase, 'messages');
    if (messages === known.messages) return null;
    known.messages = messages;

    const min = Number(least) / 1000;
    const max = Number(most) / 1000;
    const slots = this.#newInSlots(shard, histogram, known.slots, min, max);
    const above = readCount(head, at + statistics.above);
    const below = readCount(head, at + statistics.below);
    const total = head.readBigUInt64LE(at + statistics.sum);
    const overflow = above - known.above;
    const negative = below - known.below;
    // Modulo 2^64, as the tap adds.
    const sum = Number(BigInt.asIntN(64, total - known.sum)) / 1000;
    known.sum = total;
    known.above = above;
    known.below = below;
    const count = slots.samples + overflow + negative;
    return {
      indices: slots.indices,
      counts: slots.counts,
      exact: { count, min, max, sum, overflow, negative },
    };
  }

  #newInSlots(shard: number, histogram: number, known: Buffer, min: number, max: number) {
    const first = slotOf(Math.min(Math.max(min, 0), HIGHEST_MICROS));
    const end = slotOf(Math.min(Math.max(max, 0), HIGHEST_MICROS)) + 1;
    const now = this.#slots.subarray(0, (end - first) * SLOT_BYTES);
    const at = PAGE + shard * SHARD_BYTES + PAGE + histogram * HISTOGRAM_BYTES;
    this.#file.read(now, at + first * SLOT_BYTES, now.length);
    const indices: number[] = [];
    const grown: number[] = [];
    let samples = 0;
    for (let from = first; from < end; from += BLOCK) {
      const to = Math.min(from + BLOCK, end);
      const [low, high] = [(from - first) * SLOT_BYTES, (to - first) * SLOT_BYTES];
      if (now.compare(known, from * SLOT_BYTES, to * SLOT_BYTES, low, high) === 0) continue;
      for (let slot = from; slot < to; slot++) {
        const more = readCount(now, (slot - first) * SLOT_BYTES) - readCount(known, slot * SLOT_BYTES);
        if (more === 0) continue;
        indices.push(slot);
        grown.push(more);
        samples += more;
      }
      now.copy(known, from * SLOT_BYTES, low, high);
    }
    return { indices: Uint32Array.from(indices), counts: Float64Array.from(grown), samples };
  }
}

const nothing = (): Known => ({
  slots: Buffer.alloc(HISTOGRAM_BYTES),
  messages: 0,
  sum: 0n,
  above: 0,
  below: 0,
});

function countIn(head: Buffer, phase: Phase, counter: Counter): number {
  return readCount(head, phases.indexOf(phase) * COUNTS_BYTES + counts[counter]);
}

/** Below 2^53. */
function readCount(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32;
}
