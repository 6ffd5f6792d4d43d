import { Reader } from '@platformatic/kafka';
import type { TopicPartition } from './admin.ts';

/**
 * Partitions in a classic member's assignment, which brokers keep as opaque bytes: ConsumerProtocolAssignment, that is
 * a version, topics with partitions, user data. Empty bytes, as while a group rebalances, hold none.
 */
export function decodeAssignment(bytes: Buffer): TopicPartition[] {
  if (bytes.length === 0) return [];
  const reader = Reader.from(bytes);
  reader.readInt16();
  return reader
    .readArray(
      () => {
        const topic = reader.readString(false);
        return reader.readArray(() => ({ topic, partition: reader.readInt32() }), false, false);
      },
      false,
      false,
    )
    .flat();
}
