import type { Micros } from '../../base/clock.ts';
import { countRebalances } from '../gates/group-metric.ts';
import type { GroupResult } from '../../results/schema.ts';
import type { ConsumerReport } from '../../protocol/report.ts';
import type { SampledLag } from '../../trial/monitor/lag-sampler.ts';
import { least } from './span.ts';

export interface GroupFacts {
  /** On the cluster. */
  readonly name: string;
  /** One an incarnation: a member that was started again has two. */
  readonly reports: readonly ConsumerReport[];
  /** Null without an audit. */
  readonly redelivered: number | null;
  readonly lag: SampledLag | null;
  readonly drained: Micros | null;
}

/** A group as its members saw it; times in µs from the start of the measured phase. */
export function groupResult(
  { name, reports, redelivered, lag, drained }: GroupFacts,
  measureStart: Micros,
): GroupResult {
  const events = reports
    .flatMap((report) => eventsOf(report))
    .map((event) => ({ ...event, at: event.at - measureStart }))
    .sort((a, b) => a.at - b.at);
  const rebalances = events.map(({ at, member, kind, took }) =>
    kind === 'assign' ? { at, member, kind, took } : { at, member, kind },
  );
  return {
    name,
    members: new Set(reports.map(labelOf)).size,
    assignments: events.flatMap(({ at, member, kind, partitions }) =>
      kind === 'assign' ? [{ at, member, partitions: [...partitions] }] : [],
    ),
    rebalances,
    rebalanceCount: countRebalances(rebalances),
    unassigned: longestUnassigned(events),
    shares: sharesOf(
      reports.map((report) => [labelOf(report), report.warmup.received + report.measured.received]),
    ),
    firstMessage: least(reports.map((report) => report.firstMessage)),
    processed: reports.reduce((sum, report) => sum + report.processed, 0),
    redelivered,
    committed: lag?.committed ?? null,
    drained,
    lag: lag?.result ?? null,
  };
}

const labelOf = ({ name, index }: ConsumerReport): string => `${name}-${index}`;

/** Where a member is killed nobody tells of its revocation. */
function longestUnassigned(
  events: readonly { at: Micros; kind: 'assign' | 'revoke'; partitions: readonly string[] }[],
): Micros | null {
  const revokedAt = new Map<string, Micros>();
  let longest: Micros | null = null;
  for (const { at, kind, partitions } of events) {
    for (const partition of partitions) {
      const since = revokedAt.get(partition);
      if (kind === 'revoke') revokedAt.set(partition, at);
      else if (since !== undefined) longest = Math.max(longest ?? 0, at - since);
      if (kind === 'assign') revokedAt.delete(partition);
    }
  }
  return longest;
}

/** Of one client. What follows on a revocation is the other half of its rebalance. */
function eventsOf(report: ConsumerReport) {
  let revokedAt: Micros | null = null;
  return report.rebalances.map(({ at, kind, partitions }) => {
    const took = kind === 'assign' && revokedAt !== null ? at - revokedAt : null;
    revokedAt = kind === 'revoke' ? at : null;
    return { at, kind, partitions, member: labelOf(report), took };
  });
}

/** A member that was started again is one member. */
function sharesOf(
  received: readonly (readonly [member: string, messages: number])[],
): Record<string, number> {
  const shares: Record<string, number> = {};
  for (const [member, messages] of received) shares[member] = (shares[member] ?? 0) + messages;
  return shares;
}
