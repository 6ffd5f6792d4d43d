import type { Micros } from '../../base/clock.ts';
import type { ClusterChange } from './cluster-changes.ts';

/** A fault, planned or observed, as far as it can be the cause of a change. */
export interface Suspect {
  readonly id: string;
  readonly source: 'planned' | 'observed';
  /** Ids of the brokers that it hits. */
  readonly brokers: readonly number[];
  readonly started: Micros;
  readonly ended: Micros | null;
}

/** After a heal, elections and in-sync sets settle for this long, and still because of the fault. */
const settles: Micros = 60e6;
/**
 * An observed fault is named only when its broker is missed: a clean shutdown moves leaders first, and on a busy machine
 * the broker is gone only seconds later.
 */
const foreshadowed: Micros = 10e6;

/** How near a fault is to a change, the nearest first. */
const nearness = ['lasts', 'comes', 'settles'] as const;
type Nearness = (typeof nearness)[number];

/**
 * The one fault that a change of the cluster belongs to; null where there is none. It is one that hits the broker which
 * the change is about: one that left an in-sync set or lost its leadership, else one that came back. Of several it is
 * one that lasts; else one that is about to be seen; else the one that began last of those that are over. A change
 * about other brokers belongs to the latest that lasts or settles.
 */
export function culpritOf(change: ClusterChange, at: Micros, suspects: readonly Suspect[]): string | null {
  const { away, home } = brokersIn(change);
  const hits = (ids: readonly number[], { brokers }: Suspect): boolean =>
    ids.some((id) => brokers.includes(id));
  const near = (among: readonly Suspect[], kinds: readonly Nearness[]): Suspect[] =>
    kinds.flatMap((kind) =>
      among.filter((each) => nearnessOf(each, at) === kind).sort((a, b) => b.started - a.started),
    );
  const leaves = near(
    suspects.filter((each) => hits(away, each)),
    nearness,
  );
  const returns = near(
    suspects.filter((each) => hits(home, each)),
    ['lasts', 'settles'],
  );
  const lasting = [...leaves, ...returns].find((each) => nearnessOf(each, at) === 'lasts');
  const found = lasting ?? leaves[0] ?? returns[0] ?? latest(near(suspects, ['lasts', 'settles']));
  return found?.id ?? null;
}

function latest(suspects: readonly Suspect[]): Suspect | undefined {
  return [...suspects].sort((a, b) => b.started - a.started)[0];
}

function nearnessOf({ source, started, ended }: Suspect, at: Micros): Nearness | null {
  if (at < started) return source === 'observed' && started - at <= foreshadowed ? 'comes' : null;
  if (ended === null || at <= ended) return 'lasts';
  return at <= ended + settles ? 'settles' : null;
}

/** Brokers that a change takes something from, and those that it gives something to. */
function brokersIn(change: ClusterChange): { away: readonly number[]; home: readonly number[] } {
  switch (change.kind) {
    case 'broker-gone':
      return { away: [change.broker], home: [] };
    case 'broker-back':
      return { away: [], home: [change.broker] };
    case 'leader':
      return { away: [change.from], home: [change.to] };
    case 'in-sync':
      return {
        away: change.from.filter((id) => !change.to.includes(id)),
        home: change.to.filter((id) => !change.from.includes(id)),
      };
  }
}
