import type { Address } from '../../base/bootstrap.ts';
import { openWire, type ConnectAdminOptions } from './connect.ts';
import { clusterFailure } from './failure.ts';
import { metadataOf } from './topic-metadata.ts';
import { mostAsked } from './wire.ts';

/**
 * Clients leave the bootstrap servers for the addresses that brokers advertise.
 *
 * @throws BenchError `cluster` where none of these is reached: no client will get further than its first metadata
 */
export async function assertAdvertised(
  options: ConnectAdminOptions,
  brokers: readonly Address[],
): Promise<void> {
  const wire = await openWire(options);
  try {
    await Promise.any(brokers.slice(0, mostAsked).map((broker) => metadataOf(wire, [], broker)));
  } catch (error) {
    const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
    throw clusterFailure('clients cannot reach the brokers', options.bootstrap, first);
  } finally {
    await wire.close();
  }
}
