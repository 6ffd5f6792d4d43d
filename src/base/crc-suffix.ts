import { crcBytes } from './crc32.ts';

const bits = Array.from({ length: 32 }, (_, bit) => bit);

/**
 * CRC states behind bytes whose own remainder is known: a CRC is linear, so what they do to a state that comes from
 * in front of them depends on their number alone (a 32 × 32 matrix over GF(2), here as four tables; zlib's
 * crc32_combine does the same). Payloads that are used again and again are read once for it.
 */
export class CrcSuffix {
  readonly #tables = Array.from({ length: 4 }, () => new Int32Array(256)) as [
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
  ];

  /** @param length bytes */
  constructor(length: number) {
    const zeros = new Uint8Array(length);
    const columns = bits.map((bit) => crcBytes(1 << bit, zeros, 0, length));
    this.#tables.forEach((table, byte) => {
      for (let value = 0; value < 256; value++) {
        table[value] = bits.reduce(
          (sum, bit) => (bit < 8 && (value >>> bit) & 1 ? sum ^ columns[8 * byte + bit]! : sum),
          0,
        );
      }
    });
  }

  /** The state behind the bytes. `own`: the state behind them that 0 in front of them leads to. */
  after(state: number, own: number): number {
    const [t0, t1, t2, t3] = this.#tables;
    return own ^ t0[state & 255]! ^ t1[(state >>> 8) & 255]! ^ t2[(state >>> 16) & 255]! ^ t3[state >>> 24]!;
  }
}
