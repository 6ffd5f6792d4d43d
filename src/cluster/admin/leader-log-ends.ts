import { ResponseError, Writer, createAPI } from '@platformatic/kafka';

const key = 23;
const version = 4;
/** Of a consumer: no replica. */
const noReplica = -1;

export interface AskedLog {
  readonly partition: number;
  readonly leaderEpoch: number;
}

export interface LogEnd {
  readonly partition: number;
  /** −1 where the leader does not know. */
  readonly end: number;
}

/**
 * Where the logs that a broker leads end. OffsetForLeaderEpoch asks where an epoch ends: before the next one, and the
 * present one where the log does. The client's own reads an answer's first two fields in the wrong order.
 */
export const leaderLogEnds = createAPI<[topic: string, logs: readonly AskedLog[]], readonly LogEnd[]>(
  key,
  version,
  (topic: string, logs: readonly AskedLog[]) =>
    Writer.create()
      .appendInt32(noReplica)
      .appendArray([topic], (writer, name) => {
        writer.appendString(name).appendArray([...logs], (w, { partition, leaderEpoch }) => {
          // The first is what the client believes: a broker that knows better refuses.
          w.appendInt32(partition).appendInt32(leaderEpoch).appendInt32(leaderEpoch);
        });
      })
      .appendTaggedFields(),
  (_correlationId, apiKey, apiVersion, reader) => {
    reader.readInt32(); // throttle time
    const topics = reader.readArray((r) => {
      r.readString();
      return r.readArray((each) => {
        const errorCode = each.readInt16();
        const partition = each.readInt32();
        each.readInt32(); // leader epoch
        return { errorCode, partition, end: Number(each.readInt64()) };
      });
    });
    const logs = topics.flat();
    const failed = logs.find(({ errorCode }) => errorCode !== 0);
    if (failed) throw new ResponseError(apiKey, apiVersion, { '': [failed.errorCode, null] }, logs);
    return logs;
  },
);
