import type { Micros } from '../../../base/clock.ts';
import type { PartitionAcks, WorkerReport } from '../../../protocol/report.ts';

/** From one acknowledgement of a partition to the next, or to the end of what can be known. */
export interface Silence {
  readonly from: Micros;
  readonly to: Micros;
}

export interface PartitionSilence {
  /** As it is called on the cluster. */
  readonly topic: string;
  readonly partition: number;
  /** In order of time; the first ends with the first acknowledgement, the last begins with the last one. */
  readonly silences: readonly Silence[];
}

/** When partitions acknowledged nothing to anybody: what is silence for each process alone is so only if for all. */
export function joinSilence(workers: readonly WorkerReport[]): PartitionSilence[] {
  const joined = new Map<string, PartitionSilence>();
  for (const acks of workers.flatMap((worker) => worker.acks)) {
    const { topic, partition } = acks;
    const key = `${topic}/${partition}`;
    const known = joined.get(key);
    const own = silencesOf(acks);
    joined.set(key, { topic, partition, silences: known ? intersect(known.silences, own) : own });
  }
  return [...joined.values()];
}

function silencesOf({ first, last, gaps }: PartitionAcks): Silence[] {
  const between = Array.from({ length: gaps.length / 2 }, (_, i) => ({
    from: gaps[2 * i]!,
    to: gaps[2 * i + 1]!,
  }));
  return [{ from: -Infinity, to: first }, ...between, { from: last, to: Infinity }];
}

/** When it is silent in both. */
export function intersect(a: readonly Silence[], b: readonly Silence[]): Silence[] {
  const common: Silence[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const from = Math.max(a[i]!.from, b[j]!.from);
    const to = Math.min(a[i]!.to, b[j]!.to);
    if (from < to) common.push({ from, to });
    if (a[i]!.to < b[j]!.to) i++;
    else j++;
  }
  return common;
}

/** The longest silence, as far as it lies within the time of sending, that overlaps [from, to]; 0 without one. */
export function longestWithin(silences: readonly Silence[], window: Silence, sending: Silence): Micros {
  let longest = 0;
  for (const silence of silences) {
    const from = Math.max(silence.from, sending.from);
    const to = Math.min(silence.to, sending.to);
    if (to > window.from && from < window.to) longest = Math.max(longest, to - from);
  }
  return longest;
}
