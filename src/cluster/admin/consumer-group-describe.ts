import { ResponseError, Writer, createAPI } from '@platformatic/kafka';
import type { Reader } from '@platformatic/kafka';
import type { TopicPartition } from './admin.ts';
import { kafkaErrors } from './failure.ts';

const key = 69;
const version = 0;
/** Kafka 3.7 to 3.9 know the request and refuse it while the coordinator of KIP-848 is off, as it is by default. */
const answers: readonly number[] = [0, kafkaErrors.groupIdNotFound, kafkaErrors.unsupportedVersion];

export interface DescribedConsumerGroup {
  readonly errorCode: number;
  readonly state: string;
  readonly members: readonly {
    readonly memberId: string;
    readonly clientId: string;
    readonly clientHost: string;
    readonly assignment: readonly TopicPartition[];
  }[];
}

/**
 * ConsumerGroupDescribe of KIP-848 for one group. The client's own reader (1.35) takes the array of subscribed topics
 * for one string and leaves the tagged fields of assignments unread, so it fails on every group that has members.
 * A group that is not there, or is of the classic protocol, is part of the answer and no failure; nor is a broker
 * that has only classic groups.
 */
export const consumerGroupDescribeV0 = createAPI<[group: string], DescribedConsumerGroup>(
  key,
  version,
  (group: string) =>
    Writer.create()
      .appendArray([group], (writer, name) => writer.appendString(name), true, false)
      .appendBoolean(false)
      .appendTaggedFields(),
  (_correlationId, apiKey, apiVersion, reader) => {
    reader.readInt32(); // throttle time
    const groups = reader.readArray((r) => readGroup(r));
    const group = groups[0];
    if (!group) throw new Error('the answer holds no group');
    const { errorCode, errorMessage } = group;
    if (!answers.includes(errorCode)) {
      throw new ResponseError(apiKey, apiVersion, { '/groups/0': [errorCode, errorMessage] }, group);
    }
    return group;
  },
);

function readGroup(r: Reader): DescribedConsumerGroup & { errorMessage: string | null } {
  const errorCode = r.readInt16();
  const errorMessage = r.readNullableString();
  r.readString(); // group id
  const state = r.readString();
  r.readInt32(); // group epoch
  r.readInt32(); // assignment epoch
  r.readString(); // assignor
  const members = r.readArray(() => readMember(r));
  r.readInt32(); // authorized operations
  return { errorCode, errorMessage, state, members };
}

function readMember(r: Reader): DescribedConsumerGroup['members'][number] {
  const memberId = r.readString();
  r.readNullableString(); // instance id
  r.readNullableString(); // rack id
  r.readInt32(); // member epoch
  const clientId = r.readString();
  const clientHost = r.readString();
  r.readArray(() => r.readString(), true, false); // subscribed topics
  r.readNullableString(); // subscribed regex
  const assignment = readAssignment(r);
  readAssignment(r); // target
  return { memberId, clientId, clientHost, assignment };
}

function readAssignment(r: Reader): TopicPartition[] {
  const topics = r.readArray(() => {
    r.readUUID();
    const topic = r.readString();
    return r.readArray(() => ({ topic, partition: r.readInt32() }), true, false);
  });
  r.readTaggedFields();
  return topics.flat();
}
