import { BenchError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import type { Payload } from './payload.ts';

export interface BytesSpec {
  readonly kind: 'bytes';
  /** Sizes in bytes of the whole value, an envelope in front included, and how often each occurs. */
  readonly sizes: readonly { readonly size: number; readonly weight: number }[];
  /** Share of the value that a compressor can remove, 0..1; default 0. */
  readonly compressibility?: number;
}

const FILLER = 'x';
/** Below this a loop is faster than making a view and copying natively. */
const LOOP_BELOW_BYTES = 160;

/**
 * Values of the given sizes: behind `room` free bytes random ones from the pool, then a run of one byte that makes
 * up the compressible share. Successive messages take successive pieces of the pool, so that a batch compresses
 * no better than its messages.
 */
export class BytesPayload implements Payload {
  readonly #values: readonly Buffer[];
  readonly #randomBytes: readonly number[];
  readonly #cumulative: readonly number[];
  readonly #room: number;
  readonly #pool: Buffer;
  readonly #random: Random;
  #cursor: number;

  /** @throws BenchError `scenario` where a size leaves no room for the envelope or a share is impossible. */
  constructor(spec: BytesSpec, room: number, pool: Buffer, random: Random) {
    const { sizes, compressibility = 0 } = spec;
    if (!(compressibility >= 0 && compressibility <= 1)) {
      throw new BenchError('scenario', `compressibility is ${compressibility}`, {
        hint: 'use a number from 0 to 1',
      });
    }
    const weights = sizes.reduce((sum, { weight }) => sum + weight, 0);
    if (!(weights > 0) || sizes.some(({ weight }) => weight < 0)) {
      throw new BenchError(
        'scenario',
        'the weights of the message sizes do not add up to a positive number',
        {
          hint: 'give at least one size a weight above 0, none a negative one',
        },
      );
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
    this.#room = room;
    this.#pool = pool;
    this.#random = random;
    this.#cursor = random.below(pool.length);
    this.#values = sizes.map(({ size }) => Buffer.alloc(size, FILLER));
    this.#randomBytes = sizes.map(({ size }) => Math.round((size - room) * (1 - compressibility)));
    let sum = 0;
    this.#cumulative = sizes.map(({ weight }) => (sum += weight) / weights);
  }

  next(): Buffer {
    const choice = this.#values.length === 1 ? 0 : this.#choose();
    const value = this.#values[choice]!;
    const length = this.#randomBytes[choice]!;
    const from = this.#cursor;
    if (length < LOOP_BELOW_BYTES && from + length <= this.#pool.length) {
      const pool = this.#pool;
      for (let i = 0, at = this.#room; i < length; i++) value[at + i] = pool[from + i]!;
      this.#cursor = from + length;
    } else {
      this.#copy(value, length);
    }
    return value;
  }

  #copy(value: Buffer, length: number): void {
    const pool = this.#pool;
    const end = this.#room + length;
    for (let at = this.#room; at < end;) {
      // A new round through the pool starts elsewhere, so that pieces do not line up with those of the last.
      if (this.#cursor >= pool.length) this.#cursor = this.#random.below(4096);
      const piece = Math.min(end - at, pool.length - this.#cursor);
      value.set(pool.subarray(this.#cursor, this.#cursor + piece), at);
      at += piece;
      this.#cursor += piece;
    }
  }

  #choose(): number {
    const draw = this.#random.float();
    let choice = 0;
    while (draw >= this.#cumulative[choice]! && choice < this.#cumulative.length - 1) choice++;
    return choice;
  }
}
