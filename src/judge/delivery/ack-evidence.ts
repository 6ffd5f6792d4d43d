import { emptyAckPage, packAckPage, packedLimit, unpackAckPage, type AckPage } from './ack-page.ts';

/** A power of two. */
export const ACK_PAGE_MESSAGES = 4096;
const arenaBytes = 1 << 18;
/** Pages kept open for sends whose outcome is still to come. The oldest is packed when there are more. */
const openLimit = 64;

/**
 * Where each acknowledgement said that its message is: sequence → partition and offset. Pages are packed when each
 * of their sequences has an outcome, and unpacked through a cache that all ledgers share.
 */
export class AckEvidence {
  /** Answers of the last find(). */
  partition = -1;
  offset = -1;
  readonly #cache: AckPageCache;
  readonly #id: number;
  readonly #messages: number;
  readonly #open = new Map<number, { readonly page: AckPage; settled: number }>();
  #lastOpen = -1;
  #last: { readonly page: AckPage; settled: number } | undefined;
  /** Where packed pages are in the cache's memory, −1 where there is none. */
  readonly #packed: number[] = [];

  constructor(cache: AckPageCache, messages = ACK_PAGE_MESSAGES) {
    this.#cache = cache;
    this.#id = cache.register();
    this.#messages = messages;
  }

  /** Memory held, bytes, without the packed pages. */
  get bytes(): number {
    return this.#packed.length * 8 + this.#open.size * this.#messages * 12;
  }

  /** Enters the place of one acknowledged sequence, once; −1, −1 for an outcome without a place. */
  put(sequence: number, partition: number, offset: number): void {
    const index = Math.floor(sequence / this.#messages);
    const open = index === this.#lastOpen ? this.#last! : this.#openPage(index);
    const slot = sequence - index * this.#messages;
    open.page.partition[slot] = partition;
    open.page.offset[slot] = offset;
    if (++open.settled === this.#messages) this.#pack(index, open.page);
  }

  /** True where a place was acknowledged for the sequence; it is then in `partition` and `offset`. */
  find(sequence: number): boolean {
    const index = Math.floor(sequence / this.#messages);
    const slot = sequence - index * this.#messages;
    const page = this.#open.get(index)?.page ?? this.#unpacked(index);
    if (page === undefined) return false;
    this.partition = page.partition[slot]!;
    this.offset = page.offset[slot]!;
    return this.partition >= 0;
  }

  #openPage(index: number): { readonly page: AckPage; settled: number } {
    let open = this.#open.get(index);
    if (open === undefined) {
      if (this.#open.size >= openLimit) {
        const [oldest] = this.#open;
        this.#pack(oldest![0], oldest![1].page);
      }
      open = { page: this.#cache.spare.pop() ?? emptyAckPage(this.#messages), settled: 0 };
      open.page.partition.fill(-1);
      open.page.offset.fill(-1);
      // Packed before its last outcome had come: it goes on from there, and is packed again by its turn.
      if (this.#position(index) >= 0) this.#unpackInto(index, open.page);
      this.#cache.forget(this.#id, index);
      this.#open.set(index, open);
    }
    this.#lastOpen = index;
    this.#last = open;
    return open;
  }

  #pack(index: number, page: AckPage): void {
    while (this.#packed.length <= index) this.#packed.push(-1);
    this.#packed[index] = this.#cache.pack(page);
    this.#open.delete(index);
    if (this.#lastOpen === index) {
      this.#lastOpen = -1;
      this.#last = undefined;
    }
    if (this.#cache.spare.length < 8) this.#cache.spare.push(page);
  }

  #position(index: number): number {
    return this.#packed[index] ?? -1;
  }

  #unpacked(index: number): AckPage | undefined {
    if (this.#position(index) < 0) return undefined;
    return this.#cache.get(this.#id, index, this.#messages, (page) => this.#unpackInto(index, page));
  }

  #unpackInto(index: number, page: AckPage): void {
    this.#cache.unpack(this.#position(index), page);
  }
}

/** Packed pages of all ledgers of one check, and at most `slots` unpacked ones (48 KiB each); the oldest gives way. */
export class AckPageCache {
  /** Pages to be used again. */
  readonly spare: AckPage[] = [];
  readonly #slots: { key: number; page: AckPage }[] = [];
  readonly #byKey = new Map<number, AckPage>();
  readonly #limit: number;
  #next = 0;
  #ids = 0;
  #scratch = new Uint8Array(0);
  readonly #arenas: Uint8Array[] = [];
  #used = 0;
  #lastKey = -1;
  #lastPage: AckPage | undefined;

  constructor(slots = 128) {
    this.#limit = slots;
  }

  register(): number {
    return this.#ids++;
  }

  /** Memory of the packed pages, bytes. */
  get bytes(): number {
    return this.#arenas.reduce((sum, { length }) => sum + length, 0);
  }

  /** Packs a page and returns where it is: arena × 2^32 + position. */
  pack(page: AckPage): number {
    const limit = packedLimit(page.partition.length);
    if (this.#scratch.length < limit) this.#scratch = new Uint8Array(limit);
    const length = packAckPage(page, this.#scratch, 0);
    let arena = this.#arenas.at(-1);
    if (arena === undefined || this.#used + length > arena.length) {
      arena = new Uint8Array(Math.max(this.#arenas.length === 0 ? 4096 : arenaBytes, length));
      this.#arenas.push(arena);
      this.#used = 0;
    }
    arena.set(this.#scratch.subarray(0, length), this.#used);
    this.#used += length;
    return (this.#arenas.length - 1) * 2 ** 32 + this.#used - length;
  }

  unpack(position: number, into: AckPage): void {
    unpackAckPage(this.#arenas[Math.floor(position / 2 ** 32)]!, position % 2 ** 32, into);
  }

  get(id: number, index: number, messages: number, fill: (page: AckPage) => void): AckPage {
    const key = id * 2 ** 36 + index;
    if (key === this.#lastKey) return this.#lastPage!;
    let page = this.#byKey.get(key);
    if (page === undefined) {
      page = this.#take(key, messages);
      fill(page);
    }
    this.#lastKey = key;
    this.#lastPage = page;
    return page;
  }

  forget(id: number, index: number): void {
    const key = id * 2 ** 36 + index;
    this.#byKey.delete(key);
    if (this.#lastKey === key) this.#lastKey = -1;
  }

  #take(key: number, messages: number): AckPage {
    let slot = this.#slots[this.#next];
    if (slot === undefined) this.#slots.push((slot = { key, page: emptyAckPage(messages) }));
    else {
      this.#byKey.delete(slot.key);
      if (this.#lastKey === slot.key) this.#lastKey = -1;
      slot.key = key;
    }
    this.#next = (this.#next + 1) % this.#limit;
    this.#byKey.set(key, slot.page);
    return slot.page;
  }
}
