import type { Admin, GroupMember, PartitionOffset, TopicPartition } from '../admin/admin.ts';
import { monotonic, sleep, type Micros } from '../base/clock.ts';
import {
  earlyLimit,
  type ClientProgress,
  type ConsumerClientPlan,
  type ConsumePlan,
} from '../worker/protocol.ts';
import { everySecond } from './every-second.ts';

/** Somebody else's member in a group of the run, and the partitions that it had at some time. */
export interface OtherMember {
  readonly clientId: string;
  /** As the broker saw it. */
  readonly host: string;
  readonly partitions: readonly TopicPartition[];
}

/** What the run's members do not seem to have committed. */
export interface OtherCommit extends PartitionOffset {
  /** When it was seen. */
  readonly at: Micros;
  /** No commit of the run's unless members had processed so far by then. −1: none at all, as it went back. */
  readonly processed: number;
}

export interface Others {
  readonly members: readonly OtherMember[];
  readonly commits: readonly OtherCommit[];
}

/** How long after a look at commits the progress is waited for that explains them: clients tell every 250 ms. */
const progressMillis = 500;
/** Commits of a partition that are kept for the evidence to explain: the first, and the latest. */
const commitsKept = 16;

type GroupAdmin = Pick<Admin, 'describeGroup' | 'committedOffsets'>;

interface Group {
  readonly name: string;
  /** Its number in the evidence. */
  readonly number: number;
  readonly topics: ReadonlySet<string>;
  readonly clientIds: ReadonlySet<string>;
  /** `name/index` of the run's members. */
  readonly names: ReadonlySet<string>;
  /** Offsets that may be committed beyond what was processed. */
  readonly ahead: number;
  /** By client id and host. */
  readonly others: Map<string, { clientId: string; host: string; partitions: Map<string, TopicPartition> }>;
  /** By `topic/partition`, in the order in which they were seen. */
  readonly commits: Map<string, OtherCommit[]>;
  /** How far the run's own members have come, and what was committed at the last look, by `topic/partition`. */
  readonly reached: Map<string, number>;
  readonly last: Map<string, number>;
  looks: number;
}

/**
 * Looks every second who is in the run's consumer groups and what they have committed. A client of the run is known by
 * its `client.id`, a commit by what the run's own members have processed by then: they commit nothing beyond it. What
 * they tell of that may come late; the evidence decides.
 */
export class OtherMembers {
  readonly #admin: GroupAdmin;
  readonly #progress: () => readonly ClientProgress[];
  readonly #groups: readonly Group[];
  readonly #over = new AbortController();
  #looking: Promise<void> = Promise.resolve();

  constructor(admin: GroupAdmin, plans: readonly ConsumePlan[], progress: () => readonly ClientProgress[]) {
    this.#admin = admin;
    this.#progress = progress;
    this.#groups = groupsOf(plans);
  }

  begin(measureStart: Micros = monotonic.now()): void {
    if (this.#groups.length === 0) return;
    void everySecond(measureStart, this.#over.signal, () => this.look());
  }

  close(): void {
    this.#over.abort();
  }

  /** A group that does not answer is left out this time. */
  look(): Promise<void> {
    const look = this.#looking.then(async () => {
      await Promise.all(this.#groups.map((group) => this.#lookAt(group).catch(() => undefined)));
    });
    this.#looking = look;
    return look;
  }

  async #lookAt(group: Group): Promise<void> {
    const description = await this.#admin.describeGroup(group.name);
    const members = description?.members ?? [];
    const others = members.filter(({ clientId }) => !group.clientIds.has(clientId));
    for (const other of others) remember(group, other);
    const committed = await this.#admin.committedOffsets(group.name);
    const at = monotonic.now();
    // The clients' own words come later than what they have done.
    if (group.looks++ > 0) await sleep(progressMillis, this.#over.signal);
    this.#advance(group);
    for (const { topic, partition, offset } of committed) {
      if (!group.topics.has(topic)) continue;
      const key = `${topic}/${partition}`;
      const reached = group.reached.get(key) ?? 0;
      // Where the run begins, a group may have come from before.
      const isFirst = group.looks === 1;
      const isBeyond = !isFirst && offset > reached + group.ahead;
      // Nobody is let in who commits without being a member while a group has members.
      const isBack = !isFirst && offset < (group.last.get(key) ?? 0) && members.length === others.length;
      if (isBeyond || isBack) {
        const processed = isBack ? -1 : Math.max(0, offset - group.ahead);
        keep(group, key, { topic, partition, offset, at, processed });
      }
      if (isFirst || isBeyond) group.reached.set(key, Math.max(reached, offset));
      group.last.set(key, offset);
    }
  }

  #advance(group: Group): void {
    for (const { side, name, index, positions } of this.#progress()) {
      if (side !== 'consumer' || !group.names.has(`${name}/${index}`)) continue;
      for (const [key, offset] of Object.entries(positions)) {
        group.reached.set(key, Math.max(group.reached.get(key) ?? 0, offset));
      }
    }
  }

  /** By the number of the group in the evidence. */
  get found(): ReadonlyMap<number, Others> {
    return new Map(
      this.#groups.map(({ number, others, commits }) => {
        const members = [...others.values()]
          .filter(({ partitions }) => partitions.size > 0)
          .map((each) => ({ ...each, partitions: [...each.partitions.values()] }));
        return [number, { members, commits: [...commits.values()].flat() }];
      }),
    );
  }
}

/** The evidence may explain one of them, and not another. */
function keep(group: Group, key: string, commit: OtherCommit): void {
  const commits = group.commits.get(key) ?? [];
  group.commits.set(key, commits);
  if (commits.length === commitsKept) commits.splice(commitsKept / 2, 1);
  commits.push(commit);
}

function remember(group: Group, { clientId, host, assignment }: GroupMember): void {
  const key = `${clientId} ${host}`;
  const known = group.others.get(key) ?? { clientId, host, partitions: new Map<string, TopicPartition>() };
  group.others.set(key, known);
  for (const { topic, partition } of assignment) {
    if (group.topics.has(topic)) known.partitions.set(`${topic}/${partition}`, { topic, partition });
  }
}

function groupsOf(plans: readonly ConsumePlan[]): Group[] {
  const clients = plans.flatMap((plan) => plan.clients).filter(({ group }) => group !== null);
  return [...new Set(clients.flatMap(({ group }) => group ?? []))].map((name) => {
    const own = clients.filter(({ group }) => group === name);
    return {
      name,
      number: own[0]!.evidence.group,
      topics: new Set(own.flatMap(({ topics }) => topics)),
      clientIds: new Set(own.map(({ config }) => String(config['client.id']))),
      ahead: Math.max(...own.map(aheadOf)),
      names: new Set(own.map((each) => `${each.name}/${each.index}`)),
      ...{ others: new Map(), commits: new Map(), reached: new Map(), last: new Map() },
      looks: 0,
    };
  });
}

/**
 * What a client may have committed ahead of what it processed, where librdkafka or the scenario commits on receipt:
 * what it had taken before the start, or a batch.
 */
function aheadOf({ commit: { kind }, mode }: ConsumerClientPlan): number {
  if (kind !== 'auto' && kind !== 'before-processing') return 0;
  return earlyLimit + (mode.kind === 'single' ? 1 : mode.size);
}
