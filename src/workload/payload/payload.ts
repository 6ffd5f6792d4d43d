/** Values of one client, one after the other. */
export interface Payload {
  /**
   * The value of message `index` of the group, behind the free bytes that were asked for (an envelope goes there).
   * The buffer is valid, and may be written to, until the next call.
   */
  next(index: number): Buffer;
  /** Where values need not be read for their checksum. */
  readonly known?: KnownPayload;
}

export interface KnownPayload {
  /** Over the memory of the value that `next` gave last. */
  readonly view: DataView;
  /** The CRC state (base/crc32.ts) behind that value, its free bytes left out, from the state in front of it. */
  crcAfter(state: number): number;
}
