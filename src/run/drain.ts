import { monotonic, sleep, type Micros } from '../base/clock.ts';
import type { Warning } from '../base/errors.ts';
import type { Admin } from '../admin/admin.ts';
import type { ClientProgress, ConsumePlan, ProducePlan } from '../worker/protocol.ts';
import type { Crew } from './crew.ts';

const lookMillis = 100;
/** Without news for this long, the log's end is asked whether anything can still come. */
const quietMicros = 1e6;

/** One reader of a topic: the members of a group together, or one client without a group. */
export interface Reader {
  readonly label: string;
  readonly topics: readonly string[];
  readonly idleEnds: boolean;
  readonly includes: (client: ClientProgress) => boolean;
}

export function readersOf(plans: readonly ConsumePlan[]): Reader[] {
  const readers = new Map<string, Reader & { names: Set<string>; topics: string[] }>();
  for (const client of plans.flatMap((plan) => plan.clients)) {
    const label = client.group ?? `${client.name}/${client.index}`;
    const known = readers.get(label);
    if (known) {
      known.names.add(`${client.name}/${client.index}`);
      for (const topic of client.topics) if (!known.topics.includes(topic)) known.topics.push(topic);
      continue;
    }
    const names = new Set([`${client.name}/${client.index}`]);
    readers.set(label, {
      label,
      names,
      topics: [...client.topics],
      idleEnds: client.idleTimeout !== null,
      includes: (progress) => progress.side === 'consumer' && names.has(`${progress.name}/${progress.index}`),
    });
  }
  return [...readers.values()];
}

/**
 * Waits until every reader has everything: as many messages as were acked or sent, or, where some never arrived,
 * the end of each partition. Consumers with an idle timeout end by themselves. `limit` bounds the wait.
 */
export async function drainConsumers(options: {
  crew: Crew;
  admin: Admin | null;
  readers: readonly Reader[];
  /** Messages that succeeded, by topic as it is called on the cluster. */
  delivered: ReadonlyMap<string, number>;
  /** Every message of the run carries its envelope: what carries none was there before, or is someone else's. */
  stamped: boolean;
  limit: Micros;
  cut: AbortSignal;
}): Promise<readonly Warning[]> {
  const { crew, readers, delivered, limit, cut } = options;
  const deadline = monotonic.now() + limit;
  let waiting = [...readers];
  let received = -1;
  let changedAt = monotonic.now();
  while (waiting.length > 0 && monotonic.now() < deadline && !cut.aborted) {
    const total = receivedBy(crew, () => true);
    if (total !== received) {
      received = total;
      changedAt = monotonic.now();
    }
    const quiet = monotonic.now() - changedAt > quietMicros;
    const still: Reader[] = [];
    for (const reader of waiting) {
      if (hasEnded(crew, reader)) continue;
      const expected = reader.topics.reduce((sum, topic) => sum + (delivered.get(topic) ?? 0), 0);
      const complete =
        receivedBy(crew, reader.includes) - (options.stamped ? foreignTo(crew, reader) : 0) >= expected ||
        (quiet && (await atEnd(crew, options.admin, reader)));
      if (!complete || reader.idleEnds) still.push(reader);
    }
    waiting = still;
    if (waiting.length > 0) await sleep(lookMillis, cut);
  }
  crew.stopConsumers();
  return waiting
    .filter((reader) => !hasEnded(crew, reader) && !cut.aborted)
    .map((reader) => ({
      code: 'drain-incomplete',
      message: `${reader.label} had not received everything after the drain limit of ${limit / 1e6} s`,
    }));
}

function hasEnded(crew: Crew, reader: Reader): boolean {
  const clients = crew.progress.filter(reader.includes);
  return clients.length > 0 && clients.every((client) => client.state === 'done');
}

function receivedBy(crew: Crew, includes: (client: ClientProgress) => boolean): number {
  return crew.progress.reduce((sum, client) => sum + (includes(client) ? client.received : 0), 0);
}

function foreignTo(crew: Crew, reader: Reader): number {
  return crew.progress.reduce((sum, client) => sum + (reader.includes(client) ? client.foreign : 0), 0);
}

async function atEnd(crew: Crew, admin: Admin | null, reader: Reader): Promise<boolean> {
  if (!admin) return false;
  const positions = new Map<string, number>();
  for (const client of crew.progress.filter(reader.includes)) {
    for (const [key, offset] of Object.entries(client.positions)) {
      positions.set(key, Math.max(positions.get(key) ?? 0, offset));
    }
  }
  for (const topic of reader.topics) {
    for (const { partition, start, end } of await admin.offsets(topic)) {
      if (end > start && (positions.get(`${topic}/${partition}`) ?? 0) < end) return false;
    }
  }
  return true;
}

/** Messages that succeeded, by the cluster's name of the topic. */
export function deliveredByTopic(
  plans: readonly (ProducePlan | ConsumePlan)[],
  progress: readonly ClientProgress[],
): ReadonlyMap<string, number> {
  const producers = plans.flatMap((plan) => (plan.role === 'produce' ? plan.clients : []));
  const topicOf = new Map(producers.map(({ name, topic }) => [name, topic]));
  const delivered = new Map<string, number>();
  for (const client of progress) {
    const topic = client.side === 'producer' ? topicOf.get(client.name) : undefined;
    if (topic === undefined) continue;
    delivered.set(topic, (delivered.get(topic) ?? 0) + client.settled - client.failed);
  }
  return delivered;
}
