import { monotonic } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { compileTap } from '../tap/compile-tap.ts';
import { ConsumerTap } from '../tap/consumer-tap.ts';
import { ProducerTap } from '../tap/producer-tap.ts';
import type { ProducerClientPlan } from '../../protocol/plan.ts';

/**
 * A tap for the client, or null where it can have none: without an envelope nothing tells its messages apart, and
 * at acks=0 there is no acknowledgement.
 *
 * @throws BenchError `setup` where this machine has none
 */
export async function openTap(plan: ProducerClientPlan, run: number): Promise<ProducerTap | null> {
  if (plan.envelope === 'none' || plan.acks === 'none') return null;
  const { producerId: producer, incarnation, envelope: carrier } = plan;
  return new ProducerTap(await compileTap(), { run, producer, incarnation, carrier }, monotonic.now());
}

/** The same for a consumer. */
export async function openReceiveTap(run: number): Promise<ConsumerTap> {
  return new ConsumerTap(await compileTap(), run, monotonic.now());
}

/** The one warning of clients that fall back: producers and consumers lack it for the same reason. */
export function withoutTap(error: unknown): string {
  return `messages are observed in JavaScript, which slows it down and adds its delays: ${messageOf(error)}`;
}
