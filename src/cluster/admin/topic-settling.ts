import { sleep } from '../../base/clock.ts';
import { BenchError } from '../../base/errors.ts';
import { errorCodes, isRetriable, kafkaErrors } from './failure.ts';
import { readOffsetsAt } from './offsets.ts';
import { describe, metadataOf, refresh } from './topic-metadata.ts';
import type { Address, Wire } from './wire.ts';

/** What a busy machine takes at most to make the log of one partition. */
const logMillis = 50;

/**
 * Waits until every broker that answers shows a leader for each partition, as clients may ask any of them, and until
 * the leaders serve: a broker makes the logs of a wide topic one after another when it has been named in metadata.
 * Rejects with BenchError when the time for it has passed, which grows with the partitions.
 */
export async function topicVisible(wire: Wire, name: string, partitions: number): Promise<void> {
  const deadline = performance.now() + wire.timeoutMillis + logMillis * partitions;
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
    const visible = brokers.length > 0 && (await Promise.all(brokers.map(ready))).every(Boolean);
    if (visible && (await isServed(wire, name))) return;
    if (performance.now() > deadline) {
      throw new BenchError('cluster', `topic ${name} has partitions without a leader`, {
        hint: 'check that enough brokers are up for its replication factor',
      });
    }
    await sleep(50);
  }
}

async function isServed(wire: Wire, name: string): Promise<boolean> {
  try {
    const { brokers, topics } = await wire.retrying(() => metadataOf(wire, [name]));
    if (topics[0]) await readOffsetsAt(wire, brokers, describe(topics[0]), 'end');
    return true;
  } catch (error) {
    // As above; and whoever may make a topic need not be allowed to ask for its offsets.
    return errorCodes(error).length === 0 || !isRetriable(error);
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
