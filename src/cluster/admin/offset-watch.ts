import { atMost } from '../../base/clock.ts';
import type { OffsetWatch, PartitionDescription, PartitionOffset } from './admin.ts';
import { freshMetadata } from './fresh-metadata.ts';
import { committedAt, coordinatorOf } from './groups.ts';
import { endsAt } from './offsets.ts';
import { describe } from './topic-metadata.ts';
import type { Address, Wire } from './wire.ts';

/** A broker, and the partitions of one topic that it leads. */
interface Leader extends Address {
  readonly partitions: readonly PartitionDescription[];
}

/** Partitions that are added meanwhile are seen after this long. */
const leadersMillis = 2000;

export class WireOffsetWatch implements OffsetWatch {
  readonly #wire: Wire;
  readonly #coordinators = new Map<string, Address>();
  /** By topic. Absent: to be asked. */
  readonly #leaders = new Map<string, readonly Leader[]>();
  /** When they were found, by topic; ms. */
  readonly #foundAt = new Map<string, number>();
  /** Topics of which a partition had no leader when it was asked for: it will have one. */
  readonly #leaderless = new Set<string>();
  /** Questions without an answer yet. */
  readonly #open = new Set<string>();

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  async committed(group: string, patienceMillis: number): Promise<readonly PartitionOffset[] | null> {
    let answer: readonly PartitionOffset[] | null = null;
    const asking = this.#once(`group ${group}`, async () => {
      try {
        const coordinator = this.#coordinators.get(group) ?? (await coordinatorOf(this.#wire, group));
        this.#coordinators.set(group, coordinator);
        answer = await committedAt(this.#wire, coordinator, group);
      } catch {
        this.#coordinators.delete(group);
      }
    });
    await atMost(patienceMillis, asking);
    return answer;
  }

  async ends(topic: string, patienceMillis: number): Promise<ReadonlyMap<number, number>> {
    const ends = new Map<number, number>();
    const asking = async (): Promise<void> => {
      if (!this.#leaders.has(topic) || this.#leaderless.has(topic) || this.#isOld(topic))
        await this.#once(`leaders ${topic}`, () => this.#findLeaders(topic));
      const leaders = this.#leaders.get(topic) ?? [];
      await Promise.all(leaders.map((leader) => this.#readEnds(topic, leader, ends)));
    };
    await atMost(patienceMillis, asking());
    // What comes later is of another moment.
    return new Map(ends);
  }

  #isOld(topic: string): boolean {
    return performance.now() - (this.#foundAt.get(topic) ?? 0) > leadersMillis;
  }

  async #findLeaders(topic: string): Promise<void> {
    try {
      const { brokers, topics } = await freshMetadata(this.#wire, [topic]);
      const partitions = topics[0] ? describe(topics[0]).partitions : [];
      const leaders = brokers
        .map(({ nodeId, host, port }) => ({
          host,
          port,
          partitions: partitions.filter(({ leader }) => leader === nodeId),
        }))
        .filter((each) => each.partitions.length > 0);
      this.#leaders.set(topic, leaders);
      this.#foundAt.set(topic, performance.now());
      const led = leaders.reduce((sum, each) => sum + each.partitions.length, 0);
      if (led < partitions.length || led === 0) this.#leaderless.add(topic);
      else this.#leaderless.delete(topic);
    } catch {
      // Those that are known go on being asked, until one of them fails.
    }
  }

  #readEnds(topic: string, leader: Leader, ends: Map<number, number>): Promise<void> {
    return this.#once(`ends ${topic} ${leader.host}:${leader.port}`, async () => {
      try {
        const found = await endsAt(this.#wire, leader, topic, leader.partitions);
        for (const [partition, end] of found) ends.set(partition, end);
      } catch {
        this.#leaders.delete(topic);
      }
    });
  }

  async #once(question: string, ask: () => Promise<void>): Promise<void> {
    if (this.#open.has(question)) return;
    this.#open.add(question);
    try {
      await ask();
    } finally {
      this.#open.delete(question);
    }
  }
}
