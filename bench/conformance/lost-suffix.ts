import type { RunLog } from './run-log.ts';

export interface LostRange {
  readonly partition: string;
  /** Offsets as acknowledged, both included. */
  readonly from: number;
  readonly to: number;
  readonly messages: number;
  /** Why it is not the end of a former leader's log; null where it is. */
  readonly against: string | null;
}

/**
 * Acknowledged messages that are not in the log, by partition: is it the end of what a former leader had? Then their
 * offsets follow each other, everything that this leader acknowledged before them is there, and what stands at or
 * behind their first offset was written in a later epoch.
 */
export function lostRanges({ acked, stored }: RunLog): LostRange[] {
  const present = new Set(stored.map(({ message }) => message));
  const lost = new Map<string, number[]>();
  for (const { message, partition, offset } of acked) {
    if (present.has(message)) continue;
    const offsets = lost.get(partition) ?? [];
    lost.set(partition, offsets);
    offsets.push(offset);
  }
  return [...lost].map(([partition, offsets]) => {
    const from = offsets.reduce((least, each) => Math.min(least, each));
    const to = offsets.reduce((most, each) => Math.max(most, each));
    const log = stored.filter((each) => each.partition === partition);
    const range = { partition, from, to, messages: offsets.length };
    return { ...range, against: against(range, new Set(offsets).size, log) };
  });
}

function against(
  { from, to }: { from: number; to: number },
  offsets: number,
  log: readonly { offset: number; epoch: number }[],
): string | null {
  const missing = to - from + 1 - offsets;
  if (missing > 0) return `${missing} offsets between are not lost`;
  const before = log.filter(({ offset }) => offset < from);
  const last = Math.max(-1, ...before.slice(-1).map(({ epoch }) => epoch));
  const old = log.find(({ offset, epoch }) => offset >= from && epoch <= last);
  return old ? `offset ${old.offset} stands behind it, of the same epoch ${old.epoch}` : null;
}
