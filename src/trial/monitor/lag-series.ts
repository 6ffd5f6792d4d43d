import type { GroupMember, PartitionOffset } from '../../cluster/admin/admin.ts';
import type { Micros } from '../../base/clock.ts';
import type { GroupLagResult } from '../../results/schema.ts';
import type { LogEnds } from './lag-log-ends.ts';

/** One look at a group: what it had committed, and where the logs ended then. */
export interface GroupLook {
  /** µs from the start of the measured phase. */
  readonly at: Micros;
  /** Null where the coordinator did not answer in time. */
  readonly committed: readonly PartitionOffset[] | null;
  /** By `topic/partition`, of those whose leader answered. */
  readonly ends: ReadonlyMap<string, number>;
}

export interface LagPoint {
  readonly at: Micros;
  /** Behind, over all partitions; null where one of them did not answer. */
  readonly messages: number | null;
  /** The oldest of them; null where that is not known. */
  readonly time: Micros | null;
}

export interface WatchedPartition {
  readonly topic: string;
  readonly partition: number;
  /** What an uncommitted offset stands for; null: nothing is known without one. */
  readonly begins: number | null;
  readonly history: LogEnds;
}

interface State {
  committed: number | null;
  end: number | null;
  lag: number | null;
  time: Micros | null;
  most: { at: Micros; lag: number } | null;
  member: Pick<GroupMember, 'consumerId' | 'host' | 'clientId'> | null;
  /** Where the group stood when it was first looked at. */
  stoodAt: number | null;
}

/** How far one group was behind, look by look. */
export class LagSeries {
  readonly #partitions: WatchedPartition[] = [];
  readonly #states: State[] = [];
  #looks = 0;
  #missed = 0;
  #most: LagPoint | null = null;

  constructor(partitions: readonly WatchedPartition[]) {
    for (const partition of partitions) this.watch(partition);
  }

  /** One more, from the next look on. */
  watch(partition: WatchedPartition): void {
    this.#partitions.push(partition);
    this.#states.push({
      ...{ committed: null, end: null, lag: null, time: null, most: null },
      ...{ member: null, stoodAt: null },
    });
  }

  /** A partition that did not answer keeps what was last known of it. */
  add(look: GroupLook): LagPoint {
    const lags = this.#partitions.map((partition, i) => this.#lagOf(partition, this.#states[i]!, look));
    const isWhole = lags.every((lag) => lag !== null);
    const times = this.#states.map(({ time }) => time);
    const point: LagPoint = {
      at: look.at,
      messages: isWhole ? lags.reduce<number>((sum, lag) => sum + lag, 0) : null,
      time: isWhole && !times.includes(null) ? Math.max(0, ...times.flatMap((time) => time ?? [])) : null,
    };
    this.#looks++;
    if (point.messages === null) this.#missed++;
    else if (this.#most === null || point.messages > this.#most.messages!) this.#most = point;
    return point;
  }

  #lagOf({ topic, partition, begins, history }: WatchedPartition, state: State, look: GroupLook) {
    const end = look.ends.get(`${topic}/${partition}`);
    if (look.committed === null || end === undefined) return null;
    const committed = look.committed.find((each) => each.topic === topic && each.partition === partition);
    state.committed = committed?.offset ?? null;
    state.end = end;
    const stands = state.committed ?? begins;
    // The end is asked for after the commit; a log that was cut back may still end before it.
    state.stoodAt ??= stands;
    state.lag = stands === null ? null : Math.max(0, end - stands);
    const level = stands === null || state.lag === 0 ? null : history.passed(stands);
    state.time = state.lag === 0 ? 0 : level === null ? null : Math.max(0, look.at - level);
    if (state.lag !== null && (state.most === null || state.lag > state.most.lag)) {
      state.most = { at: look.at, lag: state.lag };
    }
    return state.lag;
  }

  /** Who has which partition; a partition that nobody has keeps who had it last. */
  members(members: readonly GroupMember[]): void {
    for (const { consumerId, host, clientId, assignment } of members) {
      for (const { topic, partition } of assignment) {
        const i = this.#partitions.findIndex((each) => each.topic === topic && each.partition === partition);
        const state = this.#states[i];
        if (state) state.member = { consumerId, host, clientId };
      }
    }
  }

  /** Offsets that the group went forward while it was looked at; null where that is not known of all partitions. */
  get committed(): number | null {
    const moved = this.#states.map(({ committed, stoodAt }) =>
      stoodAt === null ? null : (committed ?? stoodAt) - stoodAt,
    );
    return moved.includes(null) ? null : moved.reduce<number>((sum, each) => sum + (each ?? 0), 0);
  }

  /** @param nameOf a topic as the scenario calls it */
  result(end: LagPoint | null, final: LagPoint | null, nameOf: (topic: string) => string): GroupLagResult {
    return {
      samples: this.#looks,
      missed: this.#missed,
      most: pointResult(this.#most),
      end: pointResult(end),
      final: pointResult(final),
      partitions: this.#partitions.map(({ topic, partition }, i) => {
        const { committed, end: logEnd, lag, time, most, member } = this.#states[i]!;
        return {
          topic: nameOf(topic),
          partition,
          committed,
          logEnd,
          lag,
          time,
          most: most && { at: most.at, messages: most.lag },
          member,
        };
      }),
    };
  }
}

function pointResult(point: LagPoint | null): GroupLagResult['most'] {
  return point === null || point.messages === null
    ? null
    : { at: point.at, messages: point.messages, time: point.time };
}
