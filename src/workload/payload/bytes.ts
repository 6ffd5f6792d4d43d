import { BenchError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import type { KnownPayload, Payload } from './payload.ts';
import { piecesOf, type Pieces } from './pieces.ts';

export interface BytesSpec {
  readonly kind: 'bytes';
  /** Sizes in bytes of the whole value, an envelope in front included, and how often each occurs. */
  readonly sizes: readonly { readonly size: number; readonly weight: number }[];
  /** Share of the value behind the envelope that a compressor can remove, 0..1. */
  readonly compressibility: number;
}

const FILLER = 'x'.charCodeAt(0);

/** One size: its value, used again for each message, the same memory in other views, and what fills it. */
interface Shape {
  readonly value: Buffer;
  readonly words: Int32Array;
  readonly view: DataView;
  /** Place behind the random bytes, and up to which they may have to be filled again. */
  readonly randomEnd: number;
  readonly copiedEnd: number;
  readonly pieces: Pieces;
  piece: number;
  /** Draws below this, and not below that of the shape before, choose this shape. */
  readonly below: number;
}

/**
 * Values of the given sizes: behind `room` free bytes random ones from the pool, then a run of one byte that makes
 * up the compressible share. Successive messages take successive pieces of the pool, so that a batch compresses
 * no better than its messages.
 */
export class BytesPayload implements Payload, KnownPayload {
  readonly known: KnownPayload = this;
  readonly #shapes: readonly Shape[];
  readonly #firstWord: number;
  readonly #random: Random;
  #shape: Shape;

  /**
   * @param room bytes left free in front, a multiple of 4
   * @throws BenchError `scenario` where a size leaves no room for the envelope or a share is impossible.
   */
  constructor(spec: BytesSpec, room: number, pool: Int32Array, random: Random) {
    assertPossible(spec, room);
    this.#firstWord = room / 4;
    this.#random = random;
    this.#shapes = shapesOf(spec, room, pool, random);
    this.#shape = this.#shapes[0]!;
  }

  next(): Buffer {
    const shape = this.#shapes.length === 1 ? this.#shape : (this.#shape = this.#choose());
    const { value, words, pieces, randomEnd, copiedEnd } = shape;
    const next = shape.piece + 1;
    shape.piece = next === pieces.count ? 0 : next;
    pieces.copy(shape.piece, words, this.#firstWord);
    for (let i = randomEnd; i < copiedEnd; i++) value[i] = FILLER;
    return value;
  }

  get view(): DataView {
    return this.#shape.view;
  }

  crcAfter(state: number): number {
    return this.#shape.pieces.crcAfter(state, this.#shape.piece);
  }

  #choose(): Shape {
    const draw = this.#random.float();
    let choice = 0;
    while (draw >= this.#shapes[choice]!.below) choice++;
    return this.#shapes[choice]!;
  }
}

function shapesOf(
  { sizes, compressibility }: BytesSpec,
  room: number,
  pool: Int32Array,
  random: Random,
): Shape[] {
  const possible = sizes.filter(({ weight }) => weight > 0);
  const weights = possible.reduce((sum, { weight }) => sum + weight, 0);
  let sum = 0;
  return possible.map(({ size, weight }, i) => {
    const memory = new ArrayBuffer(Math.ceil(size / 4) * 4);
    const randomBytes = Math.round((size - room) * (1 - compressibility));
    const randomEnd = room + randomBytes;
    const pieces = piecesOf(pool, randomBytes, size - randomEnd, FILLER);
    sum += weight;
    return {
      value: Buffer.from(memory, 0, size).fill(FILLER),
      words: new Int32Array(memory),
      view: new DataView(memory),
      randomEnd,
      copiedEnd: Math.min(size, Math.ceil(randomEnd / 4) * 4),
      pieces,
      piece: random.below(pieces.count),
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
