import { randomBytes } from 'node:crypto';
import { connectAdmin, openWire } from './connect.ts';
import type { ConnectAdminOptions } from './connect.ts';
import { clusterFailure } from './failure.ts';
import { requests } from './requests.ts';

/** Produce's acks=all. */
const allInSync = -1;

/**
 * Proves that the cluster takes writes: one record with acks=all to each partition of a temporary topic with a
 * partition for every broker, which is deleted afterwards. Rejects with BenchError('cluster') when
 * `timeoutMillis` passes without success.
 */
export async function probeProduce(options: ConnectAdminOptions): Promise<void> {
  const name = `kafka-bench-probe-${randomBytes(6).toString('hex')}`;
  const admin = await connectAdmin(options);
  const wire = await openWire(options);
  try {
    const brokers = await admin.brokers();
    await admin.createTopic({ name, partitions: brokers.length, replicationFactor: -1, config: {} });
    try {
      await wire.retrying(async () => {
        const { partitions } = await admin.describeTopic(name);
        await Promise.all(
          partitions.map(async ({ partition, leader }) => {
            const node = brokers.find((broker) => broker.id === leader);
            if (!node) throw new Error(`partition ${partition} of ${name} has no leader`);
            const record = { topic: name, partition, value: Buffer.from('probe') };
            await wire.at(node, requests.produce, allInSync, wire.timeoutMillis, [record], {
              compression: 'none',
            });
          }),
        );
      });
    } finally {
      await admin.deleteTopics([name]);
    }
  } catch (error) {
    throw clusterFailure('the cluster takes no writes', options.bootstrap, error);
  } finally {
    await Promise.all([admin.close(), wire.close()]);
  }
}
