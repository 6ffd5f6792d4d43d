import { BenchError } from '../base/errors.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { Scenario } from '../scenario/schema.ts';

/**
 * Refuses groups of KIP-848 on brokers that have none: librdkafka says nothing of it and waits.
 * @throws BenchError `scenario`
 */
export async function checkConsumerProtocol(
  { consumers }: Pick<Scenario, 'consumers'>,
  { admin, version }: Pick<Cluster, 'admin' | 'version'>,
): Promise<void> {
  const asking = consumers.find(
    ({ group, client }) => group !== undefined && client['group.protocol'] === 'consumer',
  );
  // Whoever does not answer is met by everybody else as well.
  if (asking === undefined || ((await admin?.hasConsumerProtocol().catch(() => true)) ?? true)) return;
  const what = version === null ? '' : `, and these have Kafka ${version}`;
  throw new BenchError(
    'scenario',
    `${asking.name}: group.protocol: consumer needs brokers from Kafka 4.0 on${what}`,
    { hint: 'leave group.protocol out, or run against later brokers' },
  );
}
