/** Values of one client, one after the other. */
export interface Payload {
  /**
   * The value of message `index` of the group, behind the free bytes that were asked for (an envelope goes there).
   * The buffer is valid, and may be written to, until the next call.
   */
  next(index: number): Buffer;
}
