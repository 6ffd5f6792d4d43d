import { ResponseError, Writer, createAPI } from '@platformatic/kafka';
import type { API, Reader } from '@platformatic/kafka';

const key = 55;

export interface AskedTopic {
  readonly topicName: string;
  readonly partitions: readonly { readonly partitionIndex: number }[];
}

export interface DescribedQuorum {
  readonly errorCode: number;
  readonly topics: readonly {
    readonly topicName: string;
    readonly partitions: readonly {
      readonly partitionIndex: number;
      readonly errorCode: number;
      readonly leaderId: number;
    }[];
  }[];
}

/** DescribeQuorum as Kafka before 3.9 speaks it; the client has version 2 alone. Who votes and observes is left out. */
export const describeQuorumV1 = describeQuorum(1);
export const describeQuorumV0 = describeQuorum(0);

function describeQuorum(version: 0 | 1): API<[topics: AskedTopic[]], DescribedQuorum> {
  return createAPI<[topics: AskedTopic[]], DescribedQuorum>(
    key,
    version,
    (topics: AskedTopic[]) =>
      Writer.create()
        .appendArray(topics, (writer, { topicName, partitions }) => {
          writer
            .appendString(topicName)
            .appendArray([...partitions], (w, { partitionIndex }) => w.appendInt32(partitionIndex));
        })
        .appendTaggedFields(),
    (_correlationId, apiKey, apiVersion, reader) => {
      const errorCode = reader.readInt16();
      const topics = reader.readArray((r) => ({
        topicName: r.readString(),
        partitions: r.readArray((each) => readPartition(each, version)),
      }));
      const failed = topics.flatMap(({ partitions }) => partitions).find((each) => each.errorCode !== 0);
      const code = errorCode !== 0 ? errorCode : (failed?.errorCode ?? 0);
      const answer = { errorCode, topics };
      if (code !== 0) throw new ResponseError(apiKey, apiVersion, { '': [code, null] }, answer);
      return answer;
    },
  );
}

function readPartition(r: Reader, version: 0 | 1) {
  const partition = { partitionIndex: r.readInt32(), errorCode: r.readInt16(), leaderId: r.readInt32() };
  r.readInt32(); // leader epoch
  r.readInt64(); // high watermark
  skipReplicas(r, version); // voters
  skipReplicas(r, version); // observers
  return partition;
}

function skipReplicas(reader: Reader, version: 0 | 1): void {
  reader.readArray((r) => {
    r.readInt32(); // replica
    r.readInt64(); // its log end
    if (version === 0) return;
    r.readInt64(); // last fetch
    r.readInt64(); // last caught up
  });
}
