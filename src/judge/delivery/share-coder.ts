/** State of the coder between bytes: 2^23 to 2^31 − 1, so that every step is exact in 32 bits. */
const LOW = 2 ** 23;

// Scratch space: pages are packed and unpacked by the hundred thousand, and nothing of it may become garbage.
let counts = new Int32Array(0);
let firsts = new Int32Array(0);
let bySlot = new Int32Array(0);

function prepare(total: number, lanes: number): void {
  if (bySlot.length !== total) {
    bySlot = new Int32Array(total);
    counts = new Int32Array(total);
    firsts = new Int32Array(total);
  }
  counts.fill(0, 0, lanes);
}

function addUp(lanes: number): void {
  for (let lane = 0, first = 0; lane < lanes; first += counts[lane++]!) firsts[lane] = first;
}

function count(of: Int32Array, lanes: number): void {
  prepare(of.length, lanes);
  for (let i = 0; i < of.length; i++) counts[of[i]!]!++;
}

/** Bytes that putShares() will need, within some bytes. */
export function sharesLength(of: Int32Array, lanes: number): number {
  count(of, lanes);
  let bits = 0;
  for (let lane = 0; lane < lanes; lane++) bits += counts[lane]! * Math.log2(of.length / counts[lane]!);
  return 4 + 2 * lanes + bits / 8;
}

/**
 * Writes a sequence of choices so that each costs the logarithm of its share (rANS, Duda 2013): over 12 equal ones
 * 3.58 bits, less where some are chosen more often. First how often each was chosen, then the choices.
 *
 * @param of choices from 0 to lanes − 1, each of them taken; as many as a power of two up to 65 536
 * @param into has room for three bytes a choice at its end, apart from what is written from `start` on
 */
export function putShares(of: Int32Array, lanes: number, into: Uint8Array, start: number): number {
  count(of, lanes);
  addUp(lanes);
  let at = start;
  for (let lane = 0; lane < lanes; lane++) {
    let rest = counts[lane]!;
    for (; rest >= 128; rest >>>= 7) into[at++] = (rest & 127) | 128;
    into[at++] = rest;
  }
  // From the last choice to the first and downwards in memory, so that reading goes forwards.
  const total = of.length;
  const room = (LOW / total) * 256;
  let low = into.length;
  let state = LOW;
  for (let i = total - 1; i >= 0; i--) {
    const lane = of[i]!;
    const share = counts[lane]!;
    for (; state >= room * share; state >>>= 8) into[--low] = state;
    const times = Math.floor(state / share);
    state = times * total + (state - times * share) + firsts[lane]!;
  }
  for (let shift = 0; shift < 32; shift += 8) into[--low] = state >>> shift;
  into.copyWithin(at, low);
  return at + into.length - low;
}

/** Reads `into.length` choices that putShares() wrote at `start`. */
export function readShares(from: Uint8Array, start: number, lanes: number, into: Int32Array): number {
  const total = into.length;
  prepare(total, lanes);
  let at = start;
  for (let lane = 0; lane < lanes; lane++) {
    let shift = 0;
    for (; from[at]! >= 128; shift += 7) counts[lane]! |= (from[at++]! & 127) << shift;
    counts[lane]! |= from[at++]! << shift;
  }
  addUp(lanes);
  for (let lane = 0; lane < lanes; lane++) bySlot.fill(lane, firsts[lane], firsts[lane]! + counts[lane]!);
  const bits = 31 - Math.clz32(total);
  let state = 0;
  for (let i = 0; i < 4; i++) state = (state << 8) | from[at++]!;
  for (let i = 0; i < total; i++) {
    const slot = state & (total - 1);
    const lane = bySlot[slot]!;
    into[i] = lane;
    state = Math.imul(counts[lane]!, state >>> bits) + slot - firsts[lane]!;
    while (state < LOW) state = (state << 8) | from[at++]!;
  }
  return at;
}
