import type { Admin } from '../../cluster/admin/admin.ts';
import { monotonic, sleep, type Micros } from '../../base/clock.ts';
import type { ConsumePlan, ProducePlan } from '../../protocol/plan.ts';

const lookMillis = 50;
/** Logs that have not grown for this long will not: what is missing has been lost on the way, as acks=0 permits. */
const quiet: Micros = 1e6;

/**
 * At acks=0 a producer is done when its messages are on the wire, and brokers may still be storing them. Whoever
 * asks then where logs end is told too little: consumers would stop, and the audit begin, ahead of the last ones.
 */
export class UnacknowledgedSends {
  readonly #admin: Admin | null;
  /** Where the logs of topics with such producers ended before the run, summed over partitions. */
  readonly #begins: ReadonlyMap<string, number>;

  private constructor(admin: Admin | null, begins: ReadonlyMap<string, number>) {
    this.#admin = admin;
    this.#begins = begins;
  }

  /** Before anything is sent. */
  static async before(
    admin: Admin | null,
    plans: readonly (ProducePlan | ConsumePlan)[],
  ): Promise<UnacknowledgedSends> {
    const topics = plans.flatMap((plan) =>
      plan.role === 'produce'
        ? plan.clients.filter(({ acks }) => acks === 'none').map(({ topic }) => topic)
        : [],
    );
    const begins = new Map<string, number>();
    for (const topic of new Set(topics)) if (admin) begins.set(topic, await endOf(admin, topic));
    return new UnacknowledgedSends(admin, begins);
  }

  /**
   * Resolves when the logs hold as many messages as were sent, when they no longer grow, or at the limit.
   *
   * @param delivered messages that succeeded, by topic as it is called on the cluster
   */
  async stored(delivered: ReadonlyMap<string, number>, limit: Micros, cut: AbortSignal): Promise<void> {
    const admin = this.#admin;
    if (admin === null || this.#begins.size === 0) return;
    const deadline = monotonic.now() + limit;
    let ends = -1;
    let grewAt = monotonic.now();
    while (monotonic.now() < deadline && !cut.aborted) {
      // A broker that does not answer now may do so before the limit.
      const now = await this.#look(admin, delivered).catch(() => null);
      if (now?.complete) return;
      if (now === null || now.ends > ends) {
        ends = now?.ends ?? ends;
        grewAt = monotonic.now();
      } else if (monotonic.now() - grewAt > quiet) return;
      await sleep(lookMillis, cut);
    }
  }

  async #look(
    admin: Admin,
    delivered: ReadonlyMap<string, number>,
  ): Promise<{ ends: number; complete: boolean }> {
    let ends = 0;
    let complete = true;
    for (const [topic, begin] of this.#begins) {
      const end = await endOf(admin, topic);
      ends += end;
      if (end - begin < (delivered.get(topic) ?? 0)) complete = false;
    }
    return { ends, complete };
  }
}

async function endOf(admin: Admin, topic: string): Promise<number> {
  return (await admin.offsets(topic)).reduce((sum, { end }) => sum + end, 0);
}
