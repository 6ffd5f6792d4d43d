import type { Admin, OffsetWatch, PartitionOffset } from '../../cluster/admin/admin.ts';
import { monotonic, type Micros } from '../../base/clock.ts';
import type { GroupLagResult } from '../../results/schema.ts';
import { everySecond } from './every-second.ts';
import type { WatchedGroup } from './lag-groups.ts';
import { LogEnds } from './lag-log-ends.ts';
import { LagSeries, type LagPoint, type WatchedPartition } from './lag-series.ts';

/** One look asks twice, first for commits, then for ends: together less than the second until the next. */
const patienceMillis = 450;
/** Members are asked for less often: it takes more requests, and they change seldom. */
const membersEverySeconds = 5;

type LagAdmin = Pick<Admin, 'watchOffsets' | 'offsets' | 'describeGroup'>;

export interface SampledLag {
  /** By second of the measured phase. */
  readonly seconds: ReadonlyMap<number, LagPoint>;
  readonly committed: number | null;
  readonly result: GroupLagResult;
}

interface Watched extends WatchedGroup {
  readonly series: LagSeries;
  readonly seconds: Map<number, LagPoint>;
  end: LagPoint | null;
  final: LagPoint | null;
  /** The coordinator has yet to say who its members are. */
  asking: boolean;
}

/**
 * Looks every second how far groups are behind, in a loop of its own. Commits are asked for before ends: the other way
 * round a lag could be negative. A broker that does not answer in time leaves a gap and holds nothing up.
 */
export class LagSampler {
  readonly #admin: LagAdmin;
  readonly #watch: OffsetWatch;
  readonly #histories = new Map<string, LogEnds>();
  readonly #groups: readonly Watched[];
  readonly #topics: readonly string[];
  readonly #over = new AbortController();
  readonly #openedAt = monotonic.now();
  readonly #begins: ReadonlyMap<string, readonly Begin[]>;
  #measureStart: Micros = 0;
  /** Looks follow each other. */
  #looking: Promise<unknown> = Promise.resolve();

  private constructor(admin: LagAdmin, groups: readonly WatchedGroup[], begins: Map<string, Begin[]>) {
    this.#admin = admin;
    this.#watch = admin.watchOffsets();
    this.#topics = [...begins.keys()];
    this.#begins = begins;
    this.#groups = groups.map((group) => ({
      ...group,
      series: new LagSeries(group.topics.flatMap((topic) => this.#partitionsOf(topic, group, begins))),
      seconds: new Map(),
      end: null,
      final: null,
      asking: false,
    }));
  }

  /** Before anything is sent. Null where there is nobody to ask, or nothing to ask for. */
  static async open(admin: LagAdmin | null, groups: readonly WatchedGroup[]): Promise<LagSampler | null> {
    if (admin === null || groups.length === 0) return null;
    const begins = new Map<string, Begin[]>();
    for (const topic of new Set(groups.flatMap(({ topics }) => topics))) {
      begins.set(topic, [...(await admin.offsets(topic))]);
    }
    return new LagSampler(admin, groups, begins);
  }

  #partitionsOf(topic: string, group: WatchedGroup, begins: Map<string, Begin[]>): WatchedPartition[] {
    return (begins.get(topic) ?? []).map(({ partition, start }) => {
      const key = `${topic}/${partition}`;
      const history = this.#histories.get(key) ?? new LogEnds();
      this.#histories.set(key, history);
      return { topic, partition, begins: group.fromBeginning ? start : null, history };
    });
  }

  begin(measureStart: Micros): void {
    this.#measureStart = measureStart;
    for (const [topic, partitions] of this.#begins) {
      for (const { partition, end } of partitions) {
        this.#histories.get(`${topic}/${partition}`)?.add(this.#openedAt - measureStart, end);
      }
    }
    void everySecond(measureStart, this.#over.signal, async (second) => {
      await this.#look((group, point) => group.seconds.set(second, point));
      if (second % membersEverySeconds === 0) this.#askForMembers();
    });
  }

  /** The measured phase is over: how far groups are behind now is what a gate on `lag` holds. */
  async ended(): Promise<void> {
    await this.#look((group, point) => (group.end = point));
  }

  /** Consumers have left, with their last commits made. The last look. */
  async left(): Promise<void> {
    this.#over.abort();
    await this.#look((group, point) => (group.final = point));
  }

  close(): void {
    this.#over.abort();
  }

  #look(keep: (group: Watched, point: LagPoint) => void): Promise<void> {
    const look = this.#looking.then(() => this.#lookNow(keep));
    this.#looking = look.catch(() => undefined);
    return look;
  }

  async #lookNow(keep: (group: Watched, point: LagPoint) => void): Promise<void> {
    const committed = await Promise.all(
      this.#groups.map(({ name }) => this.#watch.committed(name, patienceMillis)),
    );
    const ends = new Map<string, number>();
    await Promise.all(
      this.#topics.map(async (topic) => {
        for (const [partition, end] of await this.#watch.ends(topic, patienceMillis)) {
          ends.set(`${topic}/${partition}`, end);
        }
      }),
    );
    const at = monotonic.now() - this.#measureStart;
    this.#watchAdded(ends);
    for (const [key, end] of ends) this.#histories.get(key)?.add(at, end);
    this.#groups.forEach((group, i) => {
      const own: readonly PartitionOffset[] | null = committed[i] ?? null;
      keep(group, group.series.add({ at, committed: own, ends }));
    });
  }

  /** Partitions that were added while the run goes on: all that is in them came since. */
  #watchAdded(ends: ReadonlyMap<string, number>): void {
    for (const key of ends.keys()) {
      if (this.#histories.has(key)) continue;
      const at = key.lastIndexOf('/');
      const [topic, partition] = [key.slice(0, at), Number(key.slice(at + 1))];
      const history = new LogEnds();
      this.#histories.set(key, history);
      for (const { series, topics } of this.#groups) {
        if (topics.includes(topic)) series.watch({ topic, partition, begins: 0, history });
      }
    }
  }

  #askForMembers(): void {
    for (const group of this.#groups.filter(({ asking }) => !asking)) {
      group.asking = true;
      this.#admin
        .describeGroup(group.name)
        .then((found) => group.series.members(found?.members ?? []))
        // Whoever it was keeps its name: this is a detail of the result, and no answer is no news.
        .catch(() => undefined)
        .finally(() => (group.asking = false));
    }
  }

  /** @param nameOf a topic as the scenario calls it */
  results(nameOf: (topic: string) => string): ReadonlyMap<string, SampledLag> {
    return new Map(
      this.#groups.map(({ name, series, seconds, end, final }) => [
        name,
        { seconds, committed: series.committed, result: series.result(end, final, nameOf) },
      ]),
    );
  }
}

interface Begin {
  readonly partition: number;
  readonly start: number;
  readonly end: number;
}
