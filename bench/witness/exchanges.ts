import type { Packet } from './capture.ts';

/** One produce request and its response, as they passed. */
export interface Exchange {
  /** Records in the request. */
  readonly messages: number;
  /** ns: the packet that the request begins in. */
  readonly asked: bigint;
  /** ns: the packet that the response ends in. */
  readonly answered: bigint;
}

interface Frame {
  readonly begins: bigint;
  readonly ends: bigint;
  /** Behind the length. */
  readonly content: Buffer;
}

const PRODUCE = 0;

/**
 * Produce requests to this port, in the order in which they were sent, each with the response of the same correlation
 * id on the same connection.
 *
 * @throws Error where a request was not answered, or bytes are missing
 */
export function produceExchanges(packets: readonly Packet[], port: number): readonly Exchange[] {
  const clients = new Set(packets.filter(({ to }) => to === port).map(({ from }) => from));
  return [...clients]
    .flatMap((client) => {
      const requests = framesOf(packets.filter(({ from, to }) => from === client && to === port));
      const responses = framesOf(packets.filter(({ from, to }) => from === port && to === client));
      const answers = new Map(responses.map((frame) => [frame.content.readInt32BE(0), frame]));
      return requests
        .filter(({ content }) => content.readInt16BE(0) === PRODUCE)
        .map(({ content, begins }) => {
          const correlation = content.readInt32BE(4);
          const answer = answers.get(correlation);
          if (!answer) throw new Error(`produce request ${correlation} was not answered`);
          return { messages: recordsIn(content), asked: begins, answered: answer.ends };
        });
    })
    .sort((a, b) => Number(a.asked - b.asked));
}

/** ms from request to response, of each message, in the order of the requests. */
export function messageMillis(exchanges: readonly Exchange[]): readonly number[] {
  return exchanges.flatMap(({ messages, asked, answered }) =>
    new Array<number>(messages).fill(Number(answered - asked) / 1e6),
  );
}

/** One direction of a connection, put together again: what came twice counts once. */
function framesOf(packets: readonly Packet[]): Frame[] {
  const opening = packets.find(({ opens }) => opens);
  if (!opening) return []; // older than the capture
  let next = (opening.sequence + 1) >>> 0;
  const chunks: { at: bigint; end: number; bytes: Buffer }[] = [];
  let length = 0;
  let early = packets.filter(({ payload }) => payload.length > 0);
  for (let before = -1; early.length > 0 && early.length !== before;) {
    before = early.length;
    early = early.filter(({ at, sequence, payload }) => {
      const ahead = (sequence - next) | 0;
      if (ahead > 0) return true;
      const bytes = payload.subarray(-ahead);
      if (bytes.length > 0) chunks.push({ at, end: (length += bytes.length), bytes });
      next = (next + bytes.length) >>> 0;
      return false;
    });
  }
  if (early.length > 0) throw new Error('the capture of a connection has a hole');

  const stream = Buffer.concat(chunks.map(({ bytes }) => bytes));
  const frames: Frame[] = [];
  let chunk = 0;
  /** Asked in rising order. */
  const timeOf = (byte: number): bigint => {
    while (chunks[chunk]!.end <= byte) chunk++;
    return chunks[chunk]!.at;
  };
  for (let at = 0; at + 4 <= stream.length;) {
    const end = at + 4 + stream.readInt32BE(at);
    if (end > stream.length) break; // the connection was cut, or the capture ended
    frames.push({ begins: timeOf(at), ends: timeOf(end - 1), content: stream.subarray(at + 4, end) });
    at = end;
  }
  return frames;
}

/** Kafka's protocol, ProduceRequest versions 3 to 12; record batches of format 2 (at 57 the number of records). */
function recordsIn(content: Buffer): number {
  const version = content.readInt16BE(2);
  if (version < 3 || version > 12)
    throw new Error(`produce requests of version ${version} are not known here`);
  const flexible = version >= 9;
  let at = 8;
  const varint = (): number => {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = content[at++]!;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  const int32 = (): number => content.readInt32BE((at += 4) - 4);
  const int16 = (): number => content.readInt16BE((at += 2) - 2);
  const skipString = (compact: boolean): void => {
    const length = compact ? varint() - 1 : int16();
    at += Math.max(0, length);
  };
  const count = (): number => (flexible ? varint() - 1 : int32());
  const skipTags = (): void => {
    if (!flexible) return;
    for (let tags = varint(); tags > 0; tags--) {
      varint();
      const length = varint();
      at += length;
    }
  };

  let records = 0;
  skipString(false); // client id
  skipTags();
  skipString(flexible); // transactional id
  at += 6; // acks, timeout
  for (let topics = count(); topics > 0; topics--) {
    skipString(flexible);
    for (let partitions = count(); partitions > 0; partitions--) {
      at += 4; // partition
      const length = count();
      for (const end = at + length; at < end;) {
        records += content.readInt32BE(at + 57);
        at += 12 + content.readInt32BE(at + 8);
      }
      skipTags();
    }
    skipTags();
  }
  return records;
}
