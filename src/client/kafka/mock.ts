import { binding, type RawProducer } from './binding.ts';

export interface MockBroker {
  readonly id: number;
  readonly host: string;
  readonly port: number;
}

// librdkafka ends its mock cluster with the client that asked for it: the reference keeps it.
const hosts: RawProducer[] = [];

/** librdkafka's in-process mock cluster. The binding has no calls for it; its metadata tells the listeners. */
export function startMockCluster(brokers: number): Promise<readonly MockBroker[]> {
  const client = new binding.Producer({
    'client.id': 'kafka-bench-mock',
    // Required by librdkafka, replaced by the mock's own addresses.
    'bootstrap.servers': 'mock:1',
    'test.mock.num.brokers': brokers,
    // Without a log callback the replaced bootstrap address is reported on stderr.
    log_level: 2,
  });
  hosts.push(client);
  return new Promise((resolve, reject) => {
    client.connect({ timeout: 10_000 }, (error, metadata) => {
      if (error) reject(error);
      else resolve(metadata.brokers.map(({ id, host, port }) => ({ id, host, port })));
    });
  });
}
