import type { ConsumePlan } from '../../protocol/plan.ts';
import type { ClientProgress } from '../../protocol/report.ts';

/** Messages of a group that each member received in each second; absent where it was not there. */
export type MemberSeconds = ReadonlyMap<string, ReadonlyMap<number, number>>;

/**
 * What members of groups received second by second, from what their workers tell four times a second: a message may
 * count in the second behind its own.
 */
export class MemberCounts {
  /** Group on the cluster by `name-index`. */
  readonly #groupOf: ReadonlyMap<string, string>;
  readonly #before = new Map<string, number>();
  readonly #seconds = new Map<string, Map<string, Map<number, number>>>();

  constructor(plans: readonly ConsumePlan[]) {
    const clients = plans.flatMap((plan) => plan.clients);
    this.#groupOf = new Map(
      clients.flatMap(({ name, index, group }) =>
        group === null ? [] : [[`${name}-${index}`, group] as const],
      ),
    );
  }

  get isEmpty(): boolean {
    return this.#groupOf.size === 0;
  }

  /** What workers say where `second` has ended. */
  add(second: number, progress: readonly ClientProgress[]): void {
    const totals = new Map<string, { received: number; isThere: boolean }>();
    for (const { side, name, index, received, state } of progress) {
      const member = `${name}-${index}`;
      if (side !== 'consumer' || !this.#groupOf.has(member)) continue;
      // One that was started again is one member.
      const known = totals.get(member) ?? { received: 0, isThere: false };
      totals.set(member, {
        received: known.received + received,
        isThere: known.isThere || state !== 'done',
      });
    }
    for (const [member, { received, isThere }] of totals) {
      const more = received - (this.#before.get(member) ?? 0);
      this.#before.set(member, received);
      if (isThere || more > 0) this.#of(member).set(second, more);
    }
  }

  #of(member: string): Map<number, number> {
    const group = this.#groupOf.get(member)!;
    const members = this.#seconds.get(group) ?? new Map<string, Map<number, number>>();
    this.#seconds.set(group, members);
    const seconds = members.get(member) ?? new Map<number, number>();
    members.set(member, seconds);
    return seconds;
  }

  of(group: string): MemberSeconds {
    return this.#seconds.get(group) ?? new Map();
  }

  get groups(): readonly string[] {
    return [...new Set(this.#groupOf.values())];
  }
}
