import type { Check } from './check.ts';
import { shown } from './claims.ts';
import type { Observed } from './observed.ts';

/**
 * A new topic begins with leader epoch 0. In each partition that lost something, what was written after the loss has a
 * later one, and epochs never fall along the log.
 */
export function epochRises({ log: { stored } }: Observed): Check {
  let last = new Map<string, number>();
  let falls = 0;
  for (const { partition, epoch } of stored) {
    if (epoch < (last.get(partition) ?? 0)) falls++;
    last = last.set(partition, epoch);
  }
  const highest = Math.max(0, ...last.values());
  return shown(
    highest > 0 && falls === 0,
    falls > 0 ? `epoch falls ${falls} times` : `epoch 0 to ${highest}`,
  );
}
