import { monotonic } from '../src/base/clock.ts';
import { ProduceRole } from '../src/client/worker/producer/produce.ts';
import type { ProducePlan } from '../src/protocol/plan.ts';
import type { WorkerReport } from '../src/protocol/report.ts';
import { answer } from './child.ts';
import { createPacer, type Policy } from './pacers.ts';

export interface PacedProducer {
  readonly plan: { readonly produce: ProducePlan; readonly policy: Policy };
  readonly result: WorkerReport;
}

/** What src/client/worker/main.ts does with a produce plan, with a pacer of our choice. */
answer<PacedProducer>(async ({ produce, policy }) => {
  const role = new ProduceRole(
    produce,
    { send: () => undefined, onMessage: () => undefined },
    monotonic,
    createPacer(policy, monotonic),
  );
  await role.connect();
  setInterval(() => {
    role.tick();
    role.progress();
  }, 250);
  return role.run(monotonic.now() + 100_000);
});
