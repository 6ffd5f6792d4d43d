/** A page that is all ones costs nothing but this reference. */
const FULL = new Uint32Array(0);

export const PAGE_BITS = 65_536;

/**
 * A set of whole numbers from 0, dense in most places: one bit a number, in pages that exist only while they are
 * neither empty nor full. 100 million in order need a page at a time.
 */
export class PagedBitmap {
  /** Numbers in the set. */
  size = 0;
  readonly #pages: (Uint32Array | undefined)[] = [];
  readonly #counts: number[] = [];
  readonly #pageBits: number;
  readonly #spare: Uint32Array[] = [];
  #allocated = 0;

  /** @param pageBits a power of two from 32 */
  constructor(pageBits = PAGE_BITS) {
    this.#pageBits = pageBits;
  }

  /** Bytes of pages now held. */
  get bytes(): number {
    return ((this.#allocated + this.#spare.length) * this.#pageBits) / 8 + this.#pages.length * 16;
  }

  has(value: number): boolean {
    const page = this.#pages[Math.floor(value / this.#pageBits)];
    if (page === undefined) return false;
    if (page === FULL) return true;
    const bit = value & (this.#pageBits - 1);
    return (page[bit >>> 5]! & (1 << (bit & 31))) !== 0;
  }

  /** True where the number was not in the set before. */
  add(value: number): boolean {
    const index = Math.floor(value / this.#pageBits);
    let page = this.#pages[index];
    if (page === FULL) return false;
    page ??= this.#create(index);
    const bit = value & (this.#pageBits - 1);
    const mask = 1 << (bit & 31);
    const word = page[bit >>> 5]!;
    if ((word & mask) !== 0) return false;
    page[bit >>> 5] = word | mask;
    this.size++;
    if (++this.#counts[index]! === this.#pageBits) this.#collapse(index, page);
    return true;
  }

  /** True where the number was in the set. */
  delete(value: number): boolean {
    if (!this.has(value)) return false;
    const index = Math.floor(value / this.#pageBits);
    let page = this.#pages[index]!;
    if (page === FULL) {
      page = this.#create(index).fill(0xffffffff);
      this.#counts[index] = this.#pageBits;
    }
    const bit = value & (this.#pageBits - 1);
    page[bit >>> 5]! &= ~(1 << (bit & 31));
    this.#counts[index]!--;
    this.size--;
    return true;
  }

  /** Calls `visit` for each number that `other` lacks, ascending. Both have pages of one size. */
  forEachMissingIn(other: PagedBitmap, visit: (value: number) => void): void {
    const words = this.#pageBits / 32;
    for (let index = 0; index < this.#pages.length; index++) {
      const mine = this.#pages[index];
      const theirs = other.#pages[index];
      if (mine === undefined || theirs === FULL) continue;
      for (let word = 0; word < words; word++) {
        let missing = (mine === FULL ? -1 : mine[word]!) & ~(theirs === undefined ? 0 : theirs[word]!);
        while (missing !== 0) {
          const lowest = missing & -missing;
          visit(index * this.#pageBits + word * 32 + (31 - Math.clz32(lowest)));
          missing ^= lowest;
        }
      }
    }
  }

  #create(index: number): Uint32Array {
    while (this.#pages.length <= index) {
      this.#pages.push(undefined);
      this.#counts.push(0);
    }
    const page = this.#spare.pop()?.fill(0) ?? new Uint32Array(this.#pageBits / 32);
    this.#pages[index] = page;
    this.#allocated++;
    return page;
  }

  #collapse(index: number, page: Uint32Array): void {
    this.#pages[index] = FULL;
    this.#allocated--;
    // One spare page is the next one's; more would only be held.
    if (this.#spare.length === 0) this.#spare.push(page);
  }
}
