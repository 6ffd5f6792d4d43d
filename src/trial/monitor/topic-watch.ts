import type { Admin } from '../../cluster/admin/admin.ts';
import { monotonic, type Clock, type Micros } from '../../base/clock.ts';
import { everySecond } from './every-second.ts';
import { compactionsOf, joined, type TopicCompaction } from './topic-compaction.ts';

/** From then on a name stands for another topic. */
export interface TopicChange {
  /** Null: there is none, it was deleted. */
  readonly id: string | null;
  readonly partitions: number;
  /** The topic before was last seen then. */
  readonly after: Micros;
}

type WatchAdmin = Pick<Admin, 'topicIdentities' | 'topicConfigs'>;

interface Watched {
  readonly former: Set<string>;
  readonly changes: TopicChange[];
  /** Over all looks at which brokers told. */
  compaction?: TopicCompaction;
  id: string | null;
  partitions: number;
  seen: Micros;
}

/**
 * Which topics the names of a run stand for while it goes on, how many partitions they have and whether they are
 * compacted. It looks every second: of a topic that is deleted and made again only its id tells, and of a policy that
 * is set and taken back nothing but a look in between.
 */
export class TopicWatch {
  readonly #admin: WatchAdmin;
  readonly #clock: Clock;
  readonly #topics: ReadonlyMap<string, Watched>;
  readonly #over = new AbortController();

  constructor(admin: WatchAdmin, names: Iterable<string>, clock: Clock = monotonic) {
    this.#admin = admin;
    this.#clock = clock;
    const unseen = () => ({ former: new Set<string>(), changes: [], id: null, partitions: 0, seen: 0 });
    this.#topics = new Map([...names].map((name) => [name, unseen()]));
  }

  /** Until close(); a look that nobody answers is left out. Neither look waits for the other's answer. */
  start(): void {
    const now = this.#clock.now();
    void everySecond(now, this.#over.signal, () => this.look().catch(() => undefined));
    void everySecond(now, this.#over.signal, () => this.lookForCompaction());
  }

  close(): void {
    this.#over.abort();
  }

  /**
   * @param how `last`: a topic that is not there has been deleted. Before, a broker may not know yet of one that has
   *   just been made again.
   * @throws BenchError `cluster`
   */
  async look(how?: 'last'): Promise<void> {
    const at = this.#clock.now();
    const found = await this.#admin.topicIdentities([...this.#topics.keys()]);
    for (const [name, topic] of this.#topics) {
      const now = found.get(name);
      if (now === undefined || (now === null && how === undefined)) continue;
      if (now === null) this.#changed(topic, null, 0);
      else if (topic.former.has(now.id)) continue;
      else if (topic.id === null && topic.changes.length === 0) topic.id = now.id;
      else if (topic.id !== now.id) this.#changed(topic, now.id, now.partitions);
      topic.seen = at;
      topic.partitions = now === null ? 0 : Math.max(topic.partitions, now.partitions);
    }
  }

  /** Brokers that do not tell are no news. */
  async lookForCompaction(): Promise<void> {
    for (const [name, now] of await compactionsOf([...this.#topics.keys()], this.#admin)) {
      const topic = this.#topics.get(name)!;
      if (now === 'none' || now.certain) topic.compaction = joined(topic.compaction, now);
    }
  }

  #changed(topic: Watched, id: string | null, partitions: number): void {
    if (topic.id === id) return;
    if (topic.id !== null) topic.former.add(topic.id);
    topic.id = id;
    topic.partitions = partitions;
    topic.changes.push({ id, partitions, after: topic.seen });
  }

  /** In the order of time; none where it is the topic that it was at the first look. */
  changesOf(name: string): readonly TopicChange[] {
    return this.#topics.get(name)?.changes ?? [];
  }

  /** While the run went on; undefined where nobody told. */
  compactionOf(name: string): TopicCompaction | undefined {
    return this.#topics.get(name)?.compaction;
  }

  /** Now; 0 where there is no such topic. */
  partitionsOf(name: string): number {
    return this.#topics.get(name)?.partitions ?? 0;
  }
}
