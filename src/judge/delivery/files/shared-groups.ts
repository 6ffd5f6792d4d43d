import { recordKinds, type EvidenceRecord } from '../../../protocol/evidence/record.ts';
import type { EvidenceFileReader } from './evidence-file.ts';
import type { EvidenceManifest } from './manifest.ts';

/** A partition that somebody else had or committed in; numbers of the run's lists. */
interface Shared {
  readonly group: number;
  readonly topic: number;
  readonly partition: number;
}

interface ForeignCommit extends Shared {
  readonly offset: number;
  readonly at: number;
  readonly processed: number;
}

/** How much later than it was processed a message may be written down, µs (docs/evidence.md). */
const writtenDown = 1e6;
/** Partitions that are named of one member. */
const named = 8;

/** What members of others had. */
export function othersOf({ groups }: EvidenceManifest): Shared[] {
  return groups.flatMap(({ others }, group) =>
    (others?.members ?? []).flatMap(({ partitions }) => partitions.map((each) => ({ group, ...each }))),
  );
}

/**
 * Commits that are not the run's own: what brokers showed and no member had requested, nor could have, by what it had
 * processed. The members' files are read for it, and only where there is such a commit.
 */
export async function foreignCommits(
  { groups }: EvidenceManifest,
  members: () => readonly EvidenceFileReader[],
): Promise<ForeignCommit[]> {
  const commits = groups.flatMap(({ others }, group) =>
    (others?.commits ?? []).map((each) => ({ group, ...each })),
  );
  if (commits.length === 0) return [];
  const left = new Map<number, Set<ForeignCommit>>();
  for (const commit of commits) {
    const { partition } = commit;
    left.set(partition, (left.get(partition) ?? new Set<ForeignCommit>()).add(commit));
  }
  const visit = (record: EvidenceRecord): void => {
    const of = left.get(record.partition);
    for (const commit of of ?? []) if (explains(record, commit)) of?.delete(commit);
  };
  for (const file of members()) while (await file.next(visit));
  return [...left.values()].flatMap((each) => [...each]);
}

function explains(record: EvidenceRecord, commit: ForeignCommit): boolean {
  const { kind, part, topic, partition, offset, count, time } = record;
  if (part !== commit.group || topic !== commit.topic || partition !== commit.partition) return false;
  if (kind === recordKinds.committed) return offset === commit.offset;
  if (kind !== recordKinds.processed || commit.processed < 0) return false;
  return offset + count >= commit.processed && time <= (commit.at + writtenDown) * 1000;
}

/** Somebody else's member in a group of the run, before a word on what it had. */
export const strangerText = ({ clientId, host }: { clientId: string; host: string }): string =>
  `client ${clientId} at ${host}, which is not of this run,`;

/** `orders/0, orders/1 and 6 more` */
export function listOf(partitions: readonly string[]): string {
  const more = partitions.length > named ? ` and ${partitions.length - named} more` : '';
  return `${partitions.slice(0, named).join(', ')}${more}`;
}

/** Who it was, one line each. */
export function sharedGroups(manifest: EvidenceManifest, foreign: readonly Shared[]): string[] {
  const { groups, topics } = manifest;
  const list = (places: readonly Omit<Shared, 'group'>[]): string =>
    // Several commits of one partition may be somebody else's.
    listOf([...new Set(places.map(({ topic, partition }) => `${topics[topic]?.name ?? '?'}/${partition}`))]);
  return groups.flatMap(({ name, others }, group) => {
    const members = (others?.members ?? []).map(
      ({ clientId, host, partitions, perhaps = false }) =>
        `group ${name}: ${strangerText({ clientId, host })} ${perhaps ? 'may have had' : 'had'} ${list(partitions)}`,
    );
    const committed = foreign.filter((each) => each.group === group);
    const commits =
      committed.length === 0 ? [] : [`group ${name}: somebody else committed in ${list(committed)}`];
    return [...members, ...commits];
  });
}
