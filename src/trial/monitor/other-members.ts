import type { Admin, GroupMember, PartitionOffset, TopicPartition } from '../../cluster/admin/admin.ts';
import { monotonic, sleep, type Micros } from '../../base/clock.ts';
import { earlyLimit, type ConsumerClientPlan, type ConsumePlan } from '../../protocol/plan.ts';
import type { ClientProgress } from '../../protocol/report.ts';
import { listOf, strangerText } from '../../judge/delivery/files/shared-groups.ts';
import { everySecond } from './every-second.ts';

/** Somebody else's member in a group of the run, and the partitions that it had at some time. */
export interface OtherMember {
  readonly clientId: string;
  /** As the broker saw it. */
  readonly host: string;
  /** `unknown`: it was seen only while partitions were dealt out, and may have had any. */
  readonly partitions: readonly TopicPartition[] | 'unknown';
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
  readonly others: Map<string, Other>;
  /** By their ids: members of others that were there at the last look, while partitions were dealt out. */
  readonly dealing: Map<string, GroupMember>;
  /** Ids of members of others that had partitions at some time. */
  readonly placed: Set<string>;
  /** The last look found none of the run's own members. */
  isLeft: boolean;
  /** Ids of members with a client id of the run that were seen to be the run's own, or that once seemed not to be. */
  readonly own: Set<string>;
  readonly suspects: Set<string>;
  /** By `topic/partition`, in the order in which they were seen. */
  readonly commits: Map<string, OtherCommit[]>;
  /** How far the run's own members have come, and what was committed at the last look, by `topic/partition`. */
  readonly reached: Map<string, number>;
  readonly last: Map<string, number>;
  looks: number;
  /** Until the present look is over. */
  looking: Promise<void>;
}

interface Other {
  readonly clientId: string;
  readonly host: string;
  readonly partitions: Map<string, TopicPartition>;
  isUnknown: boolean;
}

/**
 * Looks every second who is in the run's consumer groups and what they have committed. A client of the run is known by
 * its `client.id` and by the partitions that the run's clients say they hold, for others may have the same id; a
 * commit by what the run's own members have processed by then: they commit nothing beyond it. What they tell of that
 * may come late; the evidence decides.
 */
export class OtherMembers {
  readonly #admin: GroupAdmin;
  readonly #progress: () => readonly ClientProgress[];
  readonly #groups: readonly Group[];
  readonly #over = new AbortController();

  constructor(admin: GroupAdmin, plans: readonly ConsumePlan[], progress: () => readonly ClientProgress[]) {
    this.#admin = admin;
    this.#progress = progress;
    this.#groups = groupsOf(plans);
  }

  begin(measureStart: Micros = monotonic.now()): void {
    // Each by itself: a coordinator that is slow to answer delays no other group's look.
    for (const group of this.#groups)
      void everySecond(measureStart, this.#over.signal, () => this.#lookNext(group));
  }

  close(): void {
    this.#over.abort();
  }

  /** A group that does not answer is left out this time. */
  async look(): Promise<void> {
    await Promise.all(this.#groups.map((group) => this.#lookNext(group)));
  }

  #lookNext(group: Group): Promise<void> {
    group.looking = group.looking.then(() => this.#lookAt(group)).catch(() => undefined);
    return group.looking;
  }

  async #lookAt(group: Group): Promise<void> {
    const heldBefore = this.#held(group);
    const description = await this.#admin.describeGroup(group.name);
    const members = description?.members ?? [];
    const others = members.filter(({ clientId }) => !group.clientIds.has(clientId));
    for (const other of others) remember(group, other);
    const isStable = description?.state === 'Stable';
    lookAtDealing(group, others, isStable);
    group.isLeft = members.length === others.length;
    const committed = await this.#admin.committedOffsets(group.name);
    const at = monotonic.now();
    // The clients' own words come later than what they have done.
    if (group.looks++ > 0) await sleep(progressMillis, this.#over.signal);
    this.#advance(group);
    if (isStable) {
      const held = { before: heldBefore, after: this.#held(group) };
      for (const member of members) if (group.clientIds.has(member.clientId)) attribute(group, member, held);
    }
    for (const { topic, partition, offset } of committed) {
      if (!group.topics.has(topic)) continue;
      const key = `${topic}/${partition}`;
      const reached = group.reached.get(key) ?? 0;
      // Where the run begins, a group may have come from before.
      const isFirst = group.looks === 1;
      const isBeyond = !isFirst && offset > reached + group.ahead;
      // Nobody is let in who commits without being a member while a group has members.
      const isBack = !isFirst && offset < (group.last.get(key) ?? 0) && group.isLeft;
      if (isBeyond || isBack) {
        const processed = isBack ? -1 : Math.max(0, offset - group.ahead);
        keep(group, key, { topic, partition, offset, at, processed });
      }
      if (isFirst || isBeyond) group.reached.set(key, Math.max(reached, offset));
      group.last.set(key, offset);
    }
  }

  /** `topic/partition` of what the run's own members say they hold. */
  #held(group: Group): ReadonlySet<string> {
    const own = this.#progress().filter(
      ({ side, name, index }) => side === 'consumer' && group.names.has(`${name}/${index}`),
    );
    return new Set(own.flatMap(({ membership }) => membership?.holds ?? []));
  }

  #advance(group: Group): void {
    for (const { side, name, index, positions } of this.#progress()) {
      if (side !== 'consumer' || !group.names.has(`${name}/${index}`)) continue;
      for (const [key, offset] of Object.entries(positions)) {
        group.reached.set(key, Math.max(group.reached.get(key) ?? 0, offset));
      }
    }
  }

  /** Who it was, one line each: for a run without a verdict that would say so. */
  get lines(): readonly string[] {
    const { found } = this;
    return this.#groups.flatMap(({ name, number }) =>
      (found.get(number)?.members ?? []).map(({ partitions, ...who }) => {
        const had =
          partitions === 'unknown'
            ? 'may have had any of its partitions'
            : `had ${listOf(partitions.map(({ topic, partition }) => `${topic}/${partition}`))}`;
        return `group ${name}: ${strangerText(who)} ${had}`;
      }),
    );
  }

  /** By the number of the group in the evidence. */
  get found(): ReadonlyMap<number, Others> {
    return new Map(
      this.#groups.map((group) => {
        const { number, others, commits } = group;
        // Nobody has looked since. What one gets that stays when the run's own have left, it did not have before.
        const inDoubt = [...group.dealing.values()].filter(
          ({ consumerId }) => !group.isLeft || !group.placed.has(consumerId),
        );
        const dealing = new Set(inDoubt.map(nameOf));
        const members = [...others].flatMap(
          ([name, { clientId, host, partitions, isUnknown }]): OtherMember[] => {
            const who = { clientId, host };
            if (isUnknown || dealing.has(name)) return [{ ...who, partitions: 'unknown' }];
            return partitions.size > 0 ? [{ ...who, partitions: [...partitions.values()] }] : [];
          },
        );
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

const nameOf = ({ clientId, host }: Pick<GroupMember, 'clientId' | 'host'>): string => `${clientId} ${host}`;

/**
 * While partitions are dealt out brokers do not say who has which. Who is there then and has gone by the next look may
 * have had any of them.
 */
function lookAtDealing(group: Group, others: readonly GroupMember[], isStable: boolean): void {
  const there = new Set(others.map(({ consumerId }) => consumerId));
  for (const [id, member] of group.dealing) {
    if (!there.has(id)) group.others.get(nameOf(member))!.isUnknown = true;
    if (!there.has(id) || isStable) group.dealing.delete(id);
  }
  for (const other of others) {
    if (!isStable) group.dealing.set(other.consumerId, other);
    else if (other.assignment.length > 0) group.placed.add(other.consumerId);
  }
}

/**
 * A member with a client id of the run is somebody else's where it twice had a partition that none of the run's clients
 * says it holds, before the look or after, unless it was one of them at some time: one that was killed stays in the
 * group until its session is over.
 */
function attribute(
  group: Group,
  member: GroupMember,
  { before, after }: { readonly before: ReadonlySet<string>; readonly after: ReadonlySet<string> },
): void {
  const id = member.consumerId;
  const assigned = member.assignment
    .filter(({ topic }) => group.topics.has(topic))
    .map(({ topic, partition }) => `${topic}/${partition}`);
  if (assigned.length === 0 || group.own.has(id)) return;
  if (assigned.every((each) => before.has(each) && after.has(each))) group.own.add(id);
  if (assigned.every((each) => before.has(each) || after.has(each))) return;
  if (group.suspects.has(id)) remember(group, member);
  group.suspects.add(id);
}

function remember(group: Group, { clientId, host, assignment }: GroupMember): void {
  const key = nameOf({ clientId, host });
  const known = group.others.get(key) ?? {
    ...{ clientId, host, partitions: new Map<string, TopicPartition>(), isUnknown: false },
  };
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
      ...{ dealing: new Map(), placed: new Set(), own: new Set(), suspects: new Set() },
      ...{ looks: 0, isLeft: false, looking: Promise.resolve() },
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
