import type { RawClient } from './binding.ts';
import { Connecting, hearErrors } from './client-errors.ts';
import type { LibrdkafkaSample } from '../../protocol/report.ts';
import { readStatistics } from './statistics.ts';

/** What every client tells of itself. */
export interface ClientEvents {
  /** librdkafka's own errors (broker down, authentication …), by name. */
  error(name: string, message: string): void;
  statistics(sample: LibrdkafkaSample): void;
}

/**
 * Connects a client and tells its errors and statistics from then on, those of connecting included.
 *
 * @param who in errors
 * @throws BenchError `cluster` with what it met; at once where waiting is in vain
 */
export async function connect(
  client: RawClient,
  who: string,
  config: Readonly<Record<string, unknown>>,
  events: ClientEvents,
  topic?: string,
): Promise<void> {
  const connecting = new Connecting(who);
  hearErrors(client, config, (name, message) => {
    connecting.met(name, message);
    events.error(name, message);
  });
  client.on('event.stats', (event: { message: string }) => events.statistics(readStatistics(event.message)));
  const connected = new Promise<void>((resolve, reject) => {
    client.connect({ ...(topic === undefined ? {} : { topic }), timeout: 10_000 }, (error) => {
      if (error) reject(connecting.failure(error));
      else resolve();
    });
  });
  await Promise.race([connected, connecting.inVain]);
}
