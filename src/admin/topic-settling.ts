import { sleep } from '../base/clock.ts';
import { BenchError } from '../base/errors.ts';
import { errorCodes, kafkaErrors } from './failure.ts';
import { metadataOf, refresh } from './topic-metadata.ts';
import type { Address, Wire } from './wire.ts';

/**
 * Waits until every broker that answers shows a leader for each partition: clients may ask any of them. Rejects with
 * BenchError when an operation's time has passed.
 */
export async function topicVisible(wire: Wire, name: string, partitions: number): Promise<void> {
  const deadline = performance.now() + wire.timeoutMillis;
  const ready = async (broker: Address): Promise<boolean> => {
    try {
      const { topics } = await metadataOf(wire, [name], broker);
      const leaders = topics[0]?.partitions.filter((partition) => partition.leaderId >= 0).length ?? 0;
      return leaders >= partitions;
    } catch (error) {
      // A broker that is down or paused cannot hold up the topic.
      return errorCodes(error).length === 0;
    }
  };
  for (;;) {
    const { brokers } = await wire.retrying(() => refresh(wire));
    if (brokers.length > 0 && (await Promise.all(brokers.map(ready))).every(Boolean)) return;
    if (performance.now() > deadline) {
      throw new BenchError('cluster', `topic ${name} has partitions without a leader`, {
        hint: 'check that enough brokers are up for its replication factor',
      });
    }
    await sleep(50);
  }
}

/** Deletion is asynchronous; without this wait the same name could not be created again. Gives up silently. */
export async function topicsGone(wire: Wire, names: readonly string[]): Promise<void> {
  const deadline = performance.now() + Math.min(5_000, wire.timeoutMillis);
  while (performance.now() < deadline) {
    const { topics } = await wire.retrying(() => metadataOf(wire, [...names]));
    if (topics.every((topic) => topic.errorCode === kafkaErrors.unknownTopicOrPartition)) return;
    await sleep(50);
  }
}
