import { putShares, readShares, sharesLength } from './share-coder.ts';

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

/**
 * Bytes that packing a page may need at most: for each message 5 of a partition, 3 of a count, 3 of a choice (twice,
 * as they are moved), 2 + 8 of a step.
 */
export const packedLimit = (messages: number): number => 32 + messages * 32;

/**
 * Packs a page into `into` from `start` and returns where it ends. Partitions are numbered in order of their first
 * message; which of them each message went to is written as runs or by their shares, whichever is shorter. Offsets
 * follow their partition's last by one, the first one that of the partition before; where they do not, the step is
 * written. So a message costs nothing where the partitioner sticks, the logarithm of the number of partitions where
 * it chooses by key, and some bytes at the seams of batches.
 *
 * @param page of a power of two of messages
 */
export function packAckPage({ partition, offset }: AckPage, into: Uint8Array, start: number): number {
  findLanes(partition);
  let at = putNumber(into, start, lanes.count);
  for (let i = 0; i < lanes.count; i++) at = putNumber(into, at, lanes.partitions[i]! + 1);
  if (lanes.runs * 3 <= sharesLength(lanes.of, lanes.count)) {
    at = putNumber(into, at, RUNS);
    at = putRuns(lanes.of, into, at);
  } else {
    at = putNumber(into, at, SHARES);
    at = putShares(lanes.of, lanes.count, into, at);
  }
  findSteps(partition, offset);
  return putSteps(into, at);
}

/** Fills `page` from what packAckPage wrote at `start`. */
export function unpackAckPage(from: Uint8Array, start: number, { partition, offset }: AckPage): void {
  prepare(partition.length);
  reader.open(from, start);
  lanes.count = reader.number();
  for (let i = 0; i < lanes.count; i++) lanes.partitions[i] = reader.number() - 1;
  if (reader.number() === RUNS) reader.runs(lanes.of);
  else reader.at = readShares(from, reader.at, lanes.count, lanes.of);

  let left = reader.number();
  let next = left > 0 ? reader.number() : -1;
  for (let i = 0; i < partition.length; i++) {
    const lane = lanes.of[i]!;
    const place = lanes.partitions[lane]!;
    let value = place < 0 ? -1 : predicted(lane);
    if (i === next) {
      value += reader.step();
      next = --left > 0 ? i + 1 + reader.number() : -1;
    }
    partition[i] = place;
    offset[i] = value;
    if (place >= 0) follow(lane, value);
  }
}

const RUNS = 0;
const SHARES = 1;

/** After an acknowledgement without an offset comes another one without. */
function predicted(lane: number): number {
  const last = lanes.last[lane]!;
  return last === NONE ? lanes.first : last < 0 ? -1 : last + 1;
}

function follow(lane: number, offset: number): void {
  if (lanes.last[lane] === NONE) lanes.first = offset;
  lanes.last[lane] = offset;
}

/** Of a lane that has had no message yet. */
const NONE = -2;

// Scratch space: pages are packed and unpacked by the hundred thousand, and nothing of it may become garbage.
const lanes = {
  /** Partitions of the page, in order of their first message. */
  partitions: new Int32Array(0),
  count: 0,
  /** Lane of each message. */
  of: new Int32Array(0),
  /** Stretches of messages to one partition. */
  runs: 0,
  /** Where the lane that began last began. */
  first: -1,
  /** Last offset of each lane. */
  last: new Float64Array(0),
};
const steps = { at: new Int32Array(0), by: new Float64Array(0), count: 0 };

function prepare(messages: number): void {
  lanes.last.fill(NONE);
  lanes.first = -1;
  lanes.count = 0;
  lanes.runs = 0;
  steps.count = 0;
  if (lanes.of.length === messages) return;
  lanes.partitions = new Int32Array(messages);
  lanes.of = new Int32Array(messages);
  lanes.last = new Float64Array(messages).fill(NONE);
  steps.at = new Int32Array(messages);
  steps.by = new Float64Array(messages);
}

/** Lane of each partition on this page; −1 elsewhere. Index 0 is for messages without a place. */
let laneOf = new Int32Array(64).fill(-1);

function findLanes(partition: Int32Array): void {
  prepare(partition.length);
  let before: number | undefined;
  let lane = 0;
  for (let i = 0; i < partition.length; i++) {
    const each = partition[i]!;
    if (each !== before) {
      lanes.runs++;
      before = each;
      lane = laneFor(each);
    }
    lanes.of[i] = lane;
  }
  for (let i = 0; i < lanes.count; i++) laneOf[lanes.partitions[i]! + 1] = -1;
}

function laneFor(partition: number): number {
  if (partition + 1 >= laneOf.length) {
    const wider = new Int32Array((partition + 2) * 2).fill(-1);
    wider.set(laneOf);
    laneOf = wider;
  }
  const known = laneOf[partition + 1]!;
  if (known >= 0) return known;
  lanes.partitions[lanes.count] = partition;
  laneOf[partition + 1] = lanes.count;
  return lanes.count++;
}

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

/** The offsets that are not their partition's next. */
function findSteps(partition: Int32Array, offset: Float64Array): void {
  for (let i = 0; i < partition.length; i++) {
    if (partition[i]! < 0) continue;
    const lane = lanes.of[i]!;
    const step = offset[i]! - predicted(lane);
    follow(lane, offset[i]!);
    if (step === 0) continue;
    steps.at[steps.count] = i;
    steps.by[steps.count++] = step;
  }
}

/** Count, then (messages since the last step − 1, step) of each. */
function putSteps(into: Uint8Array, start: number): number {
  let at = putNumber(into, start, steps.count);
  let before = -1;
  for (let i = 0; i < steps.count; i++) {
    const step = steps.by[i]!;
    at = putNumber(into, at, steps.at[i]! - before - 1);
    at = putNumber(into, at, step >= 0 ? step * 2 : -step * 2 - 1);
    before = steps.at[i]!;
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

const reader = {
  from: new Uint8Array(0) as Uint8Array,
  at: 0,

  open(from: Uint8Array, at: number): void {
    this.from = from;
    this.at = at;
  },

  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.from[this.at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  },

  step(): number {
    const value = this.number();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  },

  runs(into: Int32Array): void {
    for (let i = 0; i < into.length;) {
      const lane = this.number();
      const end = i + this.number();
      into.fill(lane, i, end);
      i = end;
    }
  },
};
