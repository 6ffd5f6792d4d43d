import { seededRandom } from './random.ts';

/** Who a message is: its envelope's identity, or its place where it has none of this run. */
export type MessageIdentity = readonly number[];

/**
 * A share of all messages, each decided once and for all by the run's seed and by who the message is: whoever asks
 * again, in another process or from evidence alone, hears the same.
 */
export class DrawnShare {
  readonly #below: number;
  readonly #seed: number;

  /**
   * @param share of all messages, 0..1
   * @param stream names what is drawn, and for whom
   */
  constructor(share: number, seed: number, stream: string) {
    this.#below = share * 2 ** 32;
    this.#seed = seededRandom(seed, stream).uint32();
  }

  hits(identity: MessageIdentity): boolean {
    let hash = this.#seed;
    for (const part of identity) {
      hash = mixed(hash ^ (part >>> 0));
      hash = mixed(hash ^ Math.floor(part / 2 ** 32));
    }
    return hash < this.#below;
  }
}

/** The finaliser of MurmurHash3 (Austin Appleby): each bit of the input changes half of the output's. */
function mixed(value: number): number {
  let hash = (value + 0x9e3779b9) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
