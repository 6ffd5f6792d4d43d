/**
 * Where the acknowledged messages of one page of sequences are: `partition` is −1 where nothing is known of a
 * sequence, `offset` −1 where the acknowledgement named none.
 */
export interface AckPage {
  readonly partition: Int32Array;
  readonly offset: Float64Array;
}

export function emptyAckPage(messages: number): AckPage {
  return { partition: new Int32Array(messages).fill(-1), offset: new Float64Array(messages).fill(-1) };
}

/** Bytes that packing a page may need at most: 5 a lane and 8 + 2 a message, and the counts. */
export const packedLimit = (messages: number): number => 32 + messages * 32;

/**
 * Packs a page into `into` from `start` and returns where it ends. Partitions are numbered in order of their first
 * message; which of them each message went to is written as runs or as bits, whichever is shorter. Offsets follow
 * their partition's last by one; where they do not, the step is written. So a message costs nothing where the
 * partitioner sticks, 2 bits over 3 or 4 partitions chosen by key, and some bytes at the seams of batches.
 */
export function packAckPage({ partition, offset }: AckPage, into: Uint8Array, start: number): number {
  const lanes = new Lanes(partition);
  let at = putNumber(into, start, lanes.list.length);
  for (const each of lanes.list) at = putNumber(into, at, each + 1);
  const bits = bitsFor(lanes.list.length);
  if (lanes.runs * 3 <= (partition.length * bits) / 8 || bits === 0) {
    at = putNumber(into, at, 0);
    at = putRuns(lanes.of, into, at);
  } else {
    at = putNumber(into, at, bits);
    at = putBits(lanes.of, bits, into, at);
  }
  return putSteps(lanes, partition, offset, into, at);
}

/** Fills `page` from what packAckPage wrote at `start`. */
export function unpackAckPage(from: Uint8Array, start: number, page: AckPage): void {
  const reader = new Reader(from, start);
  const lanes = Int32Array.from({ length: reader.number() }, () => reader.number() - 1);
  const { partition, offset } = page;
  const lane = laneScratch(partition.length);
  const bits = reader.number();
  if (bits === 0) {
    for (let i = 0; i < partition.length;) {
      const each = reader.number();
      const end = i + reader.number();
      lane.fill(each, i, end);
      i = end;
    }
  } else reader.bits(lane, partition.length, bits);

  const last = new Float64Array(lanes.length).fill(-1);
  let steps = reader.number();
  let next = steps > 0 ? reader.number() : -1;
  for (let i = 0; i < partition.length; i++) {
    const each = lane[i]!;
    partition[i] = lanes[each]!;
    let value = predicted(last[each]!);
    if (i === next) {
      value += reader.step();
      next = --steps > 0 ? i + 1 + reader.number() : -1;
    }
    offset[i] = lanes[each]! < 0 ? -1 : value;
    last[each] = value;
  }
}

/** After an acknowledgement without an offset comes another one without. */
const predicted = (last: number): number => (last < 0 ? -1 : last + 1);

/** The partitions of a page in order of their first message, and which of them each message went to. */
class Lanes {
  readonly list: number[] = [];
  readonly of: Int32Array;
  runs = 0;

  constructor(partition: Int32Array) {
    this.of = laneScratch(partition.length);
    const lanes = new Map<number, number>();
    let before: number | undefined;
    let lane = 0;
    for (let i = 0; i < partition.length; i++) {
      const each = partition[i]!;
      if (each !== before) {
        this.runs++;
        before = each;
        const known = lanes.get(each);
        if (known === undefined) {
          lane = this.list.length;
          lanes.set(each, lane);
          this.list.push(each);
        } else lane = known;
      }
      this.of[i] = lane;
    }
  }
}

let scratch = new Int32Array(0);
function laneScratch(messages: number): Int32Array {
  if (scratch.length !== messages) scratch = new Int32Array(messages);
  return scratch;
}

const bitsFor = (lanes: number): number => (lanes <= 1 ? 0 : 32 - Math.clz32(lanes - 1));

function putRuns(lanes: Int32Array, into: Uint8Array, start: number): number {
  let at = start;
  for (let i = 0; i < lanes.length;) {
    let end = i + 1;
    while (end < lanes.length && lanes[end] === lanes[i]) end++;
    at = putNumber(into, at, lanes[i]!);
    at = putNumber(into, at, end - i);
    i = end;
  }
  return at;
}

function putBits(lanes: Int32Array, bits: number, into: Uint8Array, start: number): number {
  let at = start;
  let held = 0;
  let word = 0;
  for (const lane of lanes) {
    word |= lane << held;
    for (held += bits; held >= 8; held -= 8) {
      into[at++] = word & 255;
      word >>>= 8;
    }
  }
  if (held > 0) into[at++] = word;
  return at;
}

/** Count, then (messages since the last step − 1, step) for each offset that is not its partition's next. */
function putSteps(
  lanes: Lanes,
  partition: Int32Array,
  offset: Float64Array,
  into: Uint8Array,
  start: number,
): number {
  const last = new Float64Array(lanes.list.length).fill(-1);
  const indices: number[] = [];
  const steps: number[] = [];
  for (let i = 0; i < partition.length; i++) {
    if (partition[i]! < 0) continue;
    const lane = lanes.of[i]!;
    const step = offset[i]! - predicted(last[lane]!);
    if (step !== 0) {
      indices.push(i);
      steps.push(step);
    }
    last[lane] = offset[i]!;
  }
  let at = putNumber(into, start, steps.length);
  let before = -1;
  for (let i = 0; i < steps.length; i++) {
    at = putNumber(into, at, indices[i]! - before - 1);
    at = putNumber(into, at, steps[i]! >= 0 ? steps[i]! * 2 : -steps[i]! * 2 - 1);
    before = indices[i]!;
  }
  return at;
}

/** LEB128 of a whole number below 2^53. */
function putNumber(into: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) into[at++] = (rest & 127) | 128;
  into[at++] = rest;
  return at;
}

class Reader {
  readonly #from: Uint8Array;
  #at: number;

  constructor(from: Uint8Array, at: number) {
    this.#from = from;
    this.#at = at;
  }

  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#from[this.#at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  step(): number {
    const value = this.number();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  bits(into: Int32Array, count: number, bits: number): void {
    const mask = (1 << bits) - 1;
    let word = 0;
    let held = 0;
    for (let i = 0; i < count; i++) {
      for (; held < bits; held += 8) word |= this.#from[this.#at++]! << held;
      into[i] = word & mask;
      word >>>= bits;
      held -= bits;
    }
  }
}
