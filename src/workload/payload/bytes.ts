import { BenchError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import type { Payload } from './payload.ts';

export interface BytesSpec {
  readonly kind: 'bytes';
  /** Sizes in bytes of the whole value, an envelope in front included, and how often each occurs. */
  readonly sizes: readonly { readonly size: number; readonly weight: number }[];
  /** Share of the value behind the envelope that a compressor can remove, 0..1. */
  readonly compressibility: number;
}

const FILLER = 'x'.charCodeAt(0);
/** Below this a loop is faster than a view and a native copy. */
const LOOP_BELOW_WORDS = 64;

/** One size: its value, used again for each message, the same memory as words, and how much of it is random. */
interface Shape {
  readonly value: Buffer;
  readonly words: Int32Array;
  readonly randomBytes: number;
  /** Draws below this, and not below that of the shape before, choose this shape. */
  readonly below: number;
}

/**
 * Values of the given sizes: behind `room` free bytes random ones from the pool, then a run of one byte that makes
 * up the compressible share. Successive messages take successive pieces of the pool, so that a batch compresses
 * no better than its messages.
 */
export class BytesPayload implements Payload {
  readonly #shapes: readonly Shape[];
  readonly #firstWord: number;
  readonly #pool: Int32Array;
  readonly #random: Random;
  #cursor: number;

  /**
   * @param room bytes left free in front, a multiple of 4
   * @throws BenchError `scenario` where a size leaves no room for the envelope or a share is impossible.
   */
  constructor(spec: BytesSpec, room: number, pool: Int32Array, random: Random) {
    assertPossible(spec, room);
    this.#firstWord = room / 4;
    this.#pool = pool;
    this.#random = random;
    this.#cursor = random.below(pool.length);
    this.#shapes = shapesOf(spec, room);
  }

  next(): Buffer {
    const shape = this.#shapes.length === 1 ? this.#shapes[0]! : this.#choose();
    const { words, value, randomBytes } = shape;
    const pool = this.#pool;
    const whole = randomBytes >>> 2;
    let from = this.#cursor;
    let at = this.#firstWord;
    if (whole < LOOP_BELOW_WORDS && from + whole < pool.length) {
      for (const end = at + whole; at < end;) words[at++] = pool[from++]!;
    } else {
      from = this.#copy(words, whole);
      at += whole;
    }
    const rest = randomBytes & 3;
    if (rest !== 0) {
      let last = pool[from++]!;
      for (let i = at * 4, end = i + rest; i < end; i++, last >>>= 8) value[i] = last;
    }
    this.#cursor = from < pool.length ? from : 0;
    return value;
  }

  /** Copies from the pool, in pieces where it ends, and returns where in the pool the next word is. */
  #copy(words: Int32Array, count: number): number {
    const pool = this.#pool;
    const end = this.#firstWord + count;
    let from = this.#cursor;
    for (let at = this.#firstWord; at < end;) {
      const piece = Math.min(end - at, pool.length - from);
      words.set(pool.subarray(from, from + piece), at);
      at += piece;
      from += piece;
      // A new round begins elsewhere, so that its pieces do not line up with those of the last.
      if (from === pool.length) from = this.#random.below(1024);
    }
    return from;
  }

  #choose(): Shape {
    const draw = this.#random.float();
    let choice = 0;
    while (draw >= this.#shapes[choice]!.below) choice++;
    return this.#shapes[choice]!;
  }
}

function shapesOf({ sizes, compressibility }: BytesSpec, room: number): Shape[] {
  const possible = sizes.filter(({ weight }) => weight > 0);
  const weights = possible.reduce((sum, { weight }) => sum + weight, 0);
  let sum = 0;
  return possible.map(({ size, weight }, i) => {
    const memory = new ArrayBuffer(Math.ceil(size / 4) * 4);
    sum += weight;
    return {
      value: Buffer.from(memory, 0, size).fill(FILLER),
      words: new Int32Array(memory),
      randomBytes: Math.round((size - room) * (1 - compressibility)),
      below: i === possible.length - 1 ? Infinity : sum / weights,
    };
  });
}

function assertPossible({ sizes, compressibility }: BytesSpec, room: number): void {
  if (!(compressibility >= 0 && compressibility <= 1)) {
    throw new BenchError('scenario', `compressibility is ${compressibility}`, {
      hint: 'use a number from 0 to 1',
    });
  }
  if (sizes.some(({ weight }) => !(weight >= 0)) || !sizes.some(({ weight }) => weight > 0)) {
    throw new BenchError('scenario', 'the weights of the message sizes must be 0 or more, and one above 0', {
      hint: 'a list of sizes looks like [ { size: 100, weight: 9 }, { size: 10KiB, weight: 1 } ]',
    });
  }
  for (const { size } of sizes) {
    if (size >= room) continue;
    throw new BenchError(
      'scenario',
      `a message of ${size} bytes has no room for the ${room} bytes of the envelope`,
      {
        hint: `use at least ${room} bytes, or envelope: header, or envelope: none`,
      },
    );
  }
}
