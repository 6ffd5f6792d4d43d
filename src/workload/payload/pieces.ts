import { CrcSuffix } from '../../base/crc-suffix.ts';
import { crcBytes } from '../../base/crc32.ts';

/** From here on a native copy of a view is faster than a loop. */
const VIEWS_FROM_WORDS = 64;

/**
 * A pool of random words cut into pieces as long as the random part of a value, which some bytes of filler follow.
 * The checksum of each, filler included, is computed once, so that a message need not be read for its own.
 */
export class Pieces {
  readonly count: number;
  readonly #words: number;
  readonly #pool: Int32Array;
  readonly #views: readonly Int32Array[] | null;
  readonly #crcs: Int32Array;
  readonly #suffix: CrcSuffix;

  /** @param randomBytes, fillerBytes of a value, one behind the other; `filler` is the byte. */
  constructor(pool: Int32Array, randomBytes: number, fillerBytes: number, filler: number) {
    const words = Math.ceil(randomBytes / 4);
    this.#words = words;
    this.#pool = words > pool.length ? tiled(pool, words) : pool;
    const count = words === 0 ? 1 : Math.floor(this.#pool.length / words);
    this.count = count;
    this.#views =
      words < VIEWS_FROM_WORDS
        ? null
        : Array.from({ length: count }, (_, i) => this.#pool.subarray(i * words, (i + 1) * words));
    this.#suffix = new CrcSuffix(randomBytes + fillerBytes);
    this.#crcs = this.#checksums(randomBytes, Buffer.alloc(fillerBytes, filler));
  }

  #checksums(randomBytes: number, filler: Buffer): Int32Array {
    const bytes = new Uint8Array(this.#pool.buffer, this.#pool.byteOffset, this.#pool.byteLength);
    const behind = new CrcSuffix(filler.length);
    const own = crcBytes(0, filler, 0, filler.length);
    return Int32Array.from({ length: this.count }, (_, i) => {
      const start = i * this.#words * 4;
      return behind.after(crcBytes(0, bytes, start, start + randomBytes), own);
    });
  }

  /** Whole words: up to three bytes behind the random ones are overwritten. */
  copy(piece: number, target: Int32Array, at: number): void {
    if (this.#views !== null) {
      target.set(this.#views[piece]!, at);
      return;
    }
    const pool = this.#pool;
    const words = this.#words;
    let from = piece * words;
    for (const end = at + words; at < end;) target[at++] = pool[from++]!;
  }

  /** The CRC state behind this piece and its filler. */
  crcAfter(state: number, piece: number): number {
    return this.#suffix.after(state, this.#crcs[piece]!);
  }
}

/** A value larger than the whole pool: it repeats within the value. */
function tiled(pool: Int32Array, words: number): Int32Array {
  const large = new Int32Array(words);
  for (let at = 0; at < words; at += pool.length) large.set(pool.subarray(0, words - at), at);
  return large;
}

const known = new WeakMap<Int32Array, Map<string, Pieces>>();

/** Those of the pool, made once for all clients of a process that have values alike. */
export function piecesOf(pool: Int32Array, randomBytes: number, fillerBytes: number, filler: number): Pieces {
  let ofPool = known.get(pool);
  if (ofPool === undefined) known.set(pool, (ofPool = new Map<string, Pieces>()));
  const name = `${randomBytes} ${fillerBytes} ${filler}`;
  let pieces = ofPool.get(name);
  if (pieces === undefined) ofPool.set(name, (pieces = new Pieces(pool, randomBytes, fillerBytes, filler)));
  return pieces;
}
