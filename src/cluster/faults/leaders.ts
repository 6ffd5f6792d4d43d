import { formatDuration } from '../../base/units.ts';
import { hasPreferredLeaders } from './metadata.ts';
import type { ClusterView, FaultMetadata } from './metadata.ts';
import type { Timing } from './timing.ts';
import { until } from './timing.ts';

const limitMillis = 30_000;
/** Shorter waits are not worth a word. */
const shortMicros = 1e6;

/**
 * Waits up to 30 s until every partition is led by its preferred replica: a broker that has just come back leads
 * nothing, and a fault to it would be none. Resolves with a note where it waited or did not get them, else null.
 */
export async function waitForPreferredLeaders(
  metadata: FaultMetadata,
  timing: Timing,
  signal: AbortSignal,
): Promise<string | null> {
  const started = timing.now();
  let last: ClusterView | undefined;
  const preferred = await until(
    async () => {
      last = await metadata.look().catch(() => undefined);
      return last !== undefined && hasPreferredLeaders(last);
    },
    timing,
    { millis: limitMillis, signal },
  );
  const waited = timing.now() - started;
  if (preferred)
    return waited < shortMicros ? null : `waited ${formatDuration(waited)} for preferred leaders`;
  if (signal.aborted) return null;
  return `without preferred leaders after ${limitMillis / 1000} s: ${last ? elsewhere(last) : 'no broker answers'}`;
}

function elsewhere(view: ClusterView): string {
  const wrong = view.partitions.filter(({ leader, replicas }) => leader !== replicas[0]);
  const named = wrong.slice(0, 3).map(({ topic, partition, leader, replicas }) => {
    const led = leader < 0 ? 'without a leader' : `led by ${leader}`;
    return `${topic}/${partition} is ${led} instead of by ${replicas[0] ?? '?'}`;
  });
  return wrong.length > named.length
    ? `${named.join(', ')} and ${wrong.length - named.length} more`
    : named.join(', ');
}
