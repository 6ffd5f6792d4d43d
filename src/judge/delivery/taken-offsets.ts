import { PagedBitmap } from '../../base/paged-bitmap.ts';

/**
 * Which offsets of compacted partitions are known to be whose: an offset is handed out once, so that a message that
 * was acknowledged where another one is, or was, is not in the log because its record was cut off.
 */
export class TakenOffsets {
  readonly #met: PagedBitmap[] = [];
  readonly #removed: PagedBitmap[] = [];

  /** A record is there, whoever wrote it. */
  met(partition: number, offset: number): void {
    (this.#met[partition] ??= new PagedBitmap()).add(offset);
  }

  isMet(partition: number, offset: number): boolean {
    return this.#met[partition]?.has(offset) ?? false;
  }

  /** A message that is gone may have been there. False where another one has been entered already. */
  removed(partition: number, offset: number): boolean {
    return (this.#removed[partition] ??= new PagedBitmap()).add(offset);
  }
}
