import { setMaxListeners } from 'node:events';
import type { Admin, GroupDescription } from '../../cluster/admin/admin.ts';
import { adviceOf, errorText, isLasting } from '../../base/client-error.ts';
import { monotonic, sleep, type Micros } from '../../base/clock.ts';
import { listOf, strangerText } from '../../judge/delivery/files/shared-groups.ts';
import { BenchError } from '../../base/errors.ts';
import type { ConsumePlan, ProducePlan } from '../../protocol/plan.ts';
import type { ClientProgress } from '../../protocol/report.ts';
import type { RunTopics } from '../plan/topics.ts';

/*
 * A group is ready when its members together hold every partition once, each at a known place, and no rebalance is
 * going on. What a single member has says nothing: the first one may hold everything until the next joins, and with
 * cooperative assignors partitions come to a member in a second round. Members without a partition are members.
 */

const lookMillis = 100;
/** The coordinator's word is asked for this often. */
const askMillis = 500;
/** Where it cannot be asked: nothing moves for this long, with an assignment of every member, or without. */
const quietMicros = { assigned: 1e6, unassigned: 4e6 } as const;

export interface AwaitedGroup {
  /** On the cluster. */
  readonly name: string;
  /** `topic/partition` of all that its members subscribe to. */
  readonly partitions: readonly string[];
  /** `name/index` of the members that are, or are about to be, there when the wait begins. */
  readonly members: ReadonlySet<string>;
  /** Their client ids. */
  readonly clientIds: ReadonlySet<string>;
}

type ClientPlan = ProducePlan | ConsumePlan;

/** A member that was killed a moment ago is missed after its session, 45 s by default. */
const limit: Micros = 60e6;

export interface ReadinessOptions {
  readonly groups: readonly AwaitedGroup[];
  /** Plans of the workers that have not ended. */
  readonly living: () => readonly ClientPlan[];
  /** Of their clients. */
  readonly progress: () => readonly ClientProgress[];
  /** Null: nobody can be asked. */
  readonly admin: Pick<Admin, 'describeGroup'> | null;
  /** Ends the wait, ready or not. */
  readonly signal: AbortSignal;
}

/** The groups of these plans' clients. */
export function awaitedGroups(plans: readonly ClientPlan[], topics: RunTopics): AwaitedGroup[] {
  const counts = new Map([...topics.byName.values()].map(({ name, partitions }) => [name, partitions]));
  const clients = plans.flatMap((plan) => (plan.role === 'consume' ? plan.clients : []));
  return [...new Set(clients.flatMap(({ group }) => group ?? []))].map((name) => {
    const own = clients.filter(({ group }) => group === name);
    const read = [...new Set(own.flatMap((client) => client.topics))];
    return {
      name,
      partitions: read.flatMap((topic) =>
        Array.from({ length: counts.get(topic) ?? 0 }, (_, partition) => `${topic}/${partition}`),
      ),
      members: new Set(own.map(memberOf)),
      clientIds: new Set(own.map(({ config }) => String(config['client.id']))),
    };
  });
}

/**
 * @throws BenchError `cluster` where a group is not ready within a minute, with how far it was and the last error of a
 * member; at once where a member met what no waiting mends
 */
export async function groupsReady(options: ReadinessOptions): Promise<void> {
  // A wait each.
  setMaxListeners(0, options.signal);
  await Promise.all(options.groups.map((group) => new GroupWait(group, options).done()));
}

class GroupWait {
  readonly #group: AwaitedGroup;
  readonly #options: ReadinessOptions;
  #seen = '';
  #seenSince: Micros = monotonic.now();
  /** What the coordinator said last; null: nothing yet, or it cannot be asked. */
  #described: GroupDescription | null = null;
  #askedAt: Micros = -Infinity;
  #mute: boolean;

  constructor(group: AwaitedGroup, options: ReadinessOptions) {
    this.#group = group;
    this.#options = options;
    this.#mute = options.admin === null;
  }

  async done(): Promise<void> {
    const { signal } = this.#options;
    const deadline = monotonic.now() + limit;
    while (!signal.aborted && !(await this.#isReady())) {
      this.#failInVain();
      if (monotonic.now() > deadline) throw this.#late();
      await sleep(lookMillis, signal);
    }
  }

  /** A member that has something met its error before that. */
  #failInVain(): void {
    const stuck = this.#told.find(({ met }) => met !== undefined && isLasting(met));
    if (stuck?.met === undefined) return;
    throw new BenchError(
      'cluster',
      `group ${this.#group.name} cannot become ready: ${memberOf(stuck)} met ${errorText(stuck.met)}`,
      { ...hintOf(adviceOf(stuck.met)) },
    );
  }

  get #told(): readonly ClientProgress[] {
    const { members } = this.#group;
    return this.#options
      .progress()
      .filter((client) => client.side === 'consumer' && members.has(memberOf(client)));
  }

  /** Those of `#expected` of whom something is known. */
  get #members(): readonly ClientProgress[] {
    return this.#told.filter(({ state, membership }) => state !== 'done' && membership !== undefined);
  }

  /** How many are waited for: who has left meanwhile, was killed or ended by itself does not come any more. */
  get #expected(): number {
    const consuming = this.#options.living().filter(({ role }) => role === 'consume');
    const living = new Set(consuming.flatMap(({ clients }) => clients.map(memberOf)));
    const done = new Set(this.#told.filter(({ state }) => state === 'done').map(memberOf));
    return [...this.#group.members].filter((each) => living.has(each) && !done.has(each)).length;
  }

  async #isReady(): Promise<boolean> {
    const expected = this.#expected;
    if (expected === 0) return true;
    const members = this.#members;
    if (members.length < expected) return false;
    const memberships = members.flatMap(({ membership }) => membership ?? []);
    const held = memberships.flatMap(({ holds }) => holds);
    const seen = memberships
      .map(({ holds, assigned }) => `${String(assigned)} ${holds.join(' ')}`)
      .join('\n');
    if (seen !== this.#seen) {
      this.#seen = seen;
      this.#seenSince = monotonic.now();
    }
    if (new Set(held).size < held.length || !memberships.every(({ placed }) => placed)) return false;
    if (!this.#mute) return this.#isAgreed(held, expected);
    if (!isWhole(held, this.#group.partitions)) return false;
    if (memberships.every(({ holds }) => holds.length > 0)) return true;
    const quiet = monotonic.now() - this.#seenSince;
    const every = memberships.every(({ assigned }) => assigned);
    return quiet >= (every ? quietMicros.assigned : quietMicros.unassigned);
  }

  /** The coordinator says so too, foreign members included, and it says of ours what they say themselves. */
  async #isAgreed(held: readonly string[], expected: number): Promise<boolean> {
    if (monotonic.now() - this.#askedAt < 1000 * askMillis) return false;
    this.#askedAt = monotonic.now();
    try {
      this.#described = (await this.#options.admin?.describeGroup(this.#group.name)) ?? null;
    } catch {
      // An account may be allowed to consume and not to describe, and a broker too old to be asked.
      this.#mute = true;
      return false;
    }
    const described = this.#described;
    if (described?.state !== 'Stable' || described.members.length < expected) return false;
    const all = described.members.flatMap(({ assignment }) => assignment.map(nameOf));
    const ours = described.members
      .filter(({ clientId }) => this.#group.clientIds.has(clientId))
      .flatMap(({ assignment }) => assignment.map(nameOf));
    return isWhole(all, this.#group.partitions) && isSame(ours, held);
  }

  #late(): BenchError {
    const { name, partitions } = this.#group;
    const there = this.#members;
    const held = there.flatMap(({ membership }) => membership?.holds ?? []);
    const state = this.#described === null ? '' : `, its state is ${this.#described.state}`;
    const failing = this.#told.find(({ met }) => met !== undefined);
    const met = failing?.met;
    const last = failing && met ? `; the last error of ${memberOf(failing)}: ${errorText(met)}` : '';
    const advice = met && adviceOf(met);
    const others = (this.#described?.members ?? [])
      .filter(({ clientId }) => !this.#group.clientIds.has(clientId))
      .map(({ assignment, ...who }) => {
        // While partitions are dealt out brokers do not say who has which.
        const what = assignment.length === 0 ? 'is a member too' : `has ${listOf(assignment.map(nameOf))}`;
        return `; ${strangerText(who)} ${what}`;
      });
    return new BenchError(
      'cluster',
      `group ${name} was not ready within ${limit / 1e6} s: ${there.length} of ${this.#expected} members are there and hold ${held.length} of ${partitions.length} partitions${state}${others.join('')}${last}`,
      {
        hint: advice ?? 'check that the topic exists and that the group is not blocked by members elsewhere',
      },
    );
  }
}

const hintOf = (hint: string | undefined) => (hint === undefined ? {} : { hint });

const memberOf = ({ name, index }: { readonly name: string; readonly index: number }): string =>
  `${name}/${index}`;

const nameOf = ({ topic, partition }: { readonly topic: string; readonly partition: number }): string =>
  `${topic}/${partition}`;

/** Every partition once. */
function isWhole(held: readonly string[], partitions: readonly string[]): boolean {
  const all = new Set(partitions);
  const own = held.filter((each) => all.has(each));
  return own.length === all.size && new Set(own).size === all.size;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  const known = new Set(a);
  return a.length === b.length && b.every((each) => known.has(each));
}
