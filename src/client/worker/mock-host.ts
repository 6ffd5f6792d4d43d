import { BenchError } from '../../base/errors.ts';
import { startMockCluster, type MockBroker } from '../kafka/mock.ts';
import type { MockHostPlan } from '../../protocol/plan.ts';

/** Hosts the mock cluster until the process ends. */
export async function hostMock(plan: MockHostPlan): Promise<readonly MockBroker[]> {
  const brokers = await startMockCluster(plan.brokers);
  if (brokers.length !== plan.brokers) {
    throw new BenchError(
      'cluster',
      `the mock cluster has ${brokers.length} brokers instead of ${plan.brokers}`,
    );
  }
  return brokers;
}
