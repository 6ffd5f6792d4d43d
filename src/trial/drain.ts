import { atMost, monotonic, sleep, type Micros } from '../base/clock.ts';
import { lastErrorText } from '../base/client-error.ts';
import type { Warning } from '../base/errors.ts';
import type { Admin, PartitionOffsets } from '../cluster/admin/admin.ts';
import type { ConsumePlan, ProducePlan } from '../protocol/plan.ts';
import type { ClientProgress } from '../protocol/report.ts';
import type { Crew } from './workers/crew.ts';

const lookMillis = 100;
/** Without news for this long, logs are asked for their ends again. */
const quietMicros = 1e6;

/** One reader of a topic: the members of a group together, or one client without a group. */
export interface Reader {
  readonly label: string;
  /** Its number in the evidence. */
  readonly group: number;
  readonly topics: readonly string[];
  readonly idleEnds: boolean;
  readonly includes: (client: ClientProgress) => boolean;
  /** A client without a group has the partitions that there were when it began; a group gets those that are added. */
  readonly has: (topic: string, partition: number) => boolean;
}

/** @param partitionsOf of a topic, when the run began; default: whatever there is now */
export function readersOf(
  plans: readonly ConsumePlan[],
  partitionsOf: (topic: string) => number = () => Infinity,
): Reader[] {
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
      group: client.evidence.group,
      names,
      topics: [...client.topics],
      idleEnds: client.idleTimeout !== null,
      has: (topic, partition) => client.group !== null || partition < partitionsOf(topic),
      includes: (progress) => progress.side === 'consumer' && names.has(`${progress.name}/${progress.index}`),
    });
  }
  return [...readers.values()];
}

export interface DrainOptions {
  readonly crew: Crew;
  readonly admin: Admin | null;
  readonly readers: readonly Reader[];
  /** Messages that succeeded, by topic as it is called on the cluster. */
  readonly delivered: ReadonlyMap<string, number>;
  /** Every message of the run carries its envelope: what carries none was there before, or is someone else's. */
  readonly stamped: boolean;
  readonly limit: Micros;
  readonly cut: AbortSignal;
}

export interface Drained {
  readonly warnings: readonly Warning[];
  /** Who still had something to read when the wait ended: numbers of their groups. */
  readonly unread: ReadonlySet<number>;
  /** When the others had come to their ends, by label. */
  readonly completed: ReadonlyMap<string, Micros>;
}

/**
 * Waits until every reader has come to the end that the log had when the producers were done: the leader's end, for what
 * it alone has acknowledged (acks=1) is read when the replicas have it. Counting messages would
 * not do: after a rebalance the same ones come twice. Consumers with an idle timeout end by themselves. `limit`
 * bounds the wait.
 */
export async function drainConsumers(options: DrainOptions): Promise<Drained> {
  const { crew, readers, limit, cut } = options;
  const deadline = monotonic.now() + limit;
  const ends = new LogEnds(options.admin);
  const unread = new Set(readers);
  const completed = new Map<string, Micros>();
  let waiting = [...readers];
  let received = -1;
  let changedAt = monotonic.now();
  while (waiting.length > 0 && monotonic.now() < deadline && !cut.aborted) {
    const total = receivedBy(crew, () => true);
    if (total !== received) {
      received = total;
      changedAt = monotonic.now();
    }
    // An end that nobody comes to may be gone: a log can be cut back when its leader changes.
    const quiet = monotonic.now() - changedAt > quietMicros;
    if (quiet) changedAt = monotonic.now();
    const left = Math.max(0, deadline - monotonic.now()) / 1000;
    const look = async (reader: Reader): Promise<void> => {
      if (!(await isCompleteWithin(left, isComplete(reader, options, ends, quiet), cut))) return;
      if (unread.delete(reader)) completed.set(reader.label, monotonic.now());
    };
    await Promise.all(waiting.map(look));
    waiting = waiting.filter((reader) => !hasEnded(crew, reader) && (unread.has(reader) || reader.idleEnds));
    if (waiting.length > 0) await sleep(lookMillis, cut);
  }
  crew.stopConsumers();
  const warnings = waiting
    .filter((reader) => !hasEnded(crew, reader) && !cut.aborted)
    .map((reader) => ({
      code: 'drain-incomplete',
      message: `${reader.label} had not received everything after the drain limit of ${limit / 1e6} s${lastErrorText(crew.progress.find((client) => reader.includes(client) && client.met !== undefined)?.met)}`,
    }));
  return { warnings, unread: new Set([...unread].map(({ group }) => group)), completed };
}

/** Brokers that do not answer hold the drain up no longer than it may last. */
async function isCompleteWithin(
  millis: number,
  looking: Promise<boolean>,
  cut: AbortSignal,
): Promise<boolean> {
  let complete = false;
  await atMost(
    millis,
    looking.then((found) => (complete = found)),
    cut,
  );
  return complete;
}

async function isComplete(
  reader: Reader,
  { crew, admin, delivered, stamped }: DrainOptions,
  ends: LogEnds,
  again: boolean,
): Promise<boolean> {
  if (admin) {
    // A cluster that does not answer now may do so before the limit.
    return ends.reached(reader, crew.progress.filter(reader.includes), again).catch(() => false);
  }
  const expected = reader.topics.reduce((sum, topic) => sum + (delivered.get(topic) ?? 0), 0);
  const own = receivedBy(crew, reader.includes) - (stamped ? foreignTo(crew, reader) : 0);
  return own >= expected && crew.progress.filter(reader.includes).every(({ atEnd }) => atEnd);
}

/**
 * The ends that logs had, asked once for each topic unless there is reason to ask again. A question that nobody answers
 * goes on for all who wait for it.
 */
class LogEnds {
  readonly #admin: Admin | null;
  readonly #ends = new Map<string, readonly PartitionOffsets[]>();
  readonly #asking = new Map<string, Promise<readonly PartitionOffsets[]>>();

  constructor(admin: Admin | null) {
    this.#admin = admin;
  }

  async reached(reader: Reader, clients: readonly ClientProgress[], again: boolean): Promise<boolean> {
    const positions = new Map<string, number>();
    for (const { positions: own } of clients) {
      for (const [key, offset] of Object.entries(own)) {
        positions.set(key, Math.max(positions.get(key) ?? 0, offset));
      }
    }
    for (const topic of reader.topics) {
      for (const { partition, start, end } of await this.#of(topic, again)) {
        if (!reader.has(topic, partition)) continue;
        if (end > start && (positions.get(`${topic}/${partition}`) ?? 0) < end) return false;
      }
    }
    return true;
  }

  async #of(topic: string, again: boolean): Promise<readonly PartitionOffsets[]> {
    const known = this.#ends.get(topic);
    if (known && !again) return known;
    const asking = this.#asking.get(topic) ?? this.#ask(topic).finally(() => this.#asking.delete(topic));
    this.#asking.set(topic, asking);
    return asking;
  }

  async #ask(topic: string): Promise<readonly PartitionOffsets[]> {
    const known = this.#ends.get(topic);
    const asked = (await this.#admin?.offsets(topic)) ?? [];
    const logEnds = await this.#admin?.logEnds(topic).catch(() => undefined);
    // What others write meanwhile is not waited for: an end is only ever taken back.
    const ends = asked.map((each) => ({
      ...each,
      end: Math.min(
        Math.max(each.end, logEnds?.get(each.partition) ?? 0),
        known?.find(({ partition }) => partition === each.partition)?.end ?? Infinity,
      ),
    }));
    this.#ends.set(topic, ends);
    return ends;
  }
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
