/** What the beginning of a frame tells; null where the frame is too short to have it. */
export interface FrameHeader {
  readonly apiKey: number | null;
  readonly correlationId: number | null;
}

export interface FrameRules {
  /** Asked once a frame, when its header is complete. */
  readonly keep: (header: FrameHeader) => boolean;
  /** The last byte of a frame that was not kept has been swallowed. */
  readonly swallowed: () => void;
}

/**
 * Takes whole frames out of one direction of a Kafka connection. A frame is a big-endian int32 size and that many
 * bytes: a request begins with apiKey int16, apiVersion int16, correlationId int32; a response with correlationId
 * int32 (https://kafka.apache.org/protocol#protocol_common). Bodies are neither read nor copied; a header that
 * arrives in parts is held until it is complete.
 */
export class FrameFilter {
  readonly #rules: FrameRules;
  readonly #isRequest: boolean;
  readonly #header = Buffer.alloc(longestHeader);
  #headerBytes = 0;
  /** Of the current frame's body. */
  #left = 0;
  #keeping = true;
  #begun = false;
  #opaque = false;
  #swallowedBytes = 0;

  constructor(side: 'requests' | 'responses', rules: FrameRules) {
    this.#isRequest = side === 'requests';
    this.#rules = rules;
  }

  /** Set once the stream turned out not to be Kafka's framing (TLS, say): from there on everything passes. */
  get opaque(): boolean {
    return this.#opaque;
  }

  get swallowedBytes(): number {
    return this.#swallowedBytes;
  }

  /** What is to be passed on, in order, as views of `chunk` wherever that is possible. */
  take(chunk: Buffer): Buffer[] {
    const out: Buffer[] = [];
    let at = 0;
    /** Where bytes begin that are to be passed on and have not been yet. */
    let from = 0;
    const pass = (end: number, next: number): void => {
      if (end > from) out.push(chunk.subarray(from, end));
      from = next;
    };
    while (at < chunk.length && !this.#opaque) {
      if (this.#left > 0) {
        const bytes = Math.min(this.#left, chunk.length - at);
        at += bytes;
        if (!this.#keeping) {
          this.#swallowedBytes += bytes;
          from = at;
        }
        this.#advance(bytes);
        continue;
      }
      const start = at;
      const held = this.#headerBytes;
      at = this.#readHeader(chunk, at);
      if (this.opaque || (this.#headerComplete() && this.#begin())) {
        if (held > 0) out.push(Buffer.from(this.#header.subarray(0, held)));
      } else {
        pass(start, at);
        if (!this.#headerComplete()) break;
        this.#swallowedBytes += this.#headerBytes;
      }
      this.#headerBytes = 0;
      this.#advance(0);
    }
    pass(chunk.length, chunk.length);
    return out;
  }

  /** Header bytes that were held back, when the stream ends within them. */
  rest(): Buffer {
    const rest = Buffer.from(this.#header.subarray(0, this.#headerBytes));
    this.#headerBytes = 0;
    return rest;
  }

  #advance(bytes: number): void {
    this.#left -= bytes;
    if (this.#left > 0 || this.#keeping) return;
    this.#keeping = true;
    this.#rules.swallowed();
  }

  /** Copies header bytes from `at` on; returns where they end in `chunk`. */
  #readHeader(chunk: Buffer, at: number): number {
    let position = at;
    while (position < chunk.length && !this.#headerComplete()) {
      this.#header[this.#headerBytes++] = chunk[position++]!;
      if (this.#headerBytes === 2 && !this.#begun) this.#opaque = isTls(this.#header);
      if (this.#headerBytes === 4) this.#opaque ||= !isSize(this.#header.readInt32BE(0));
      if (this.#opaque) return position;
    }
    return position;
  }

  #headerComplete(): boolean {
    return this.#headerBytes >= 4 && this.#headerBytes === this.#headerLength();
  }

  #headerLength(): number {
    return Math.min(4 + this.#header.readInt32BE(0), this.#isRequest ? longestHeader : 8);
  }

  /** The header is complete: asks what becomes of the frame. Whether it is kept. */
  #begin(): boolean {
    this.#begun = true;
    this.#left = 4 + this.#header.readInt32BE(0) - this.#headerBytes;
    const idAt = this.#isRequest ? 8 : 4;
    const complete = this.#headerBytes === idAt + 4;
    this.#keeping = this.#rules.keep({
      apiKey: complete && this.#isRequest ? this.#header.readInt16BE(4) : null,
      correlationId: complete ? this.#header.readInt32BE(idAt) : null,
    });
    return this.#keeping;
  }
}

/** Size, api key, api version and correlation id of a request. */
const longestHeader = 12;

/** Beyond any broker's socket.request.max.bytes and any fetch: no size, but something else than Kafka's protocol. */
const largestFrame = 2 ** 30;

function isSize(size: number): boolean {
  return size >= 0 && size <= largestFrame;
}

/** A TLS record of type handshake, version 3.x (RFC 8446, 5.1). As a size it would be 369 MB. */
function isTls(header: Buffer): boolean {
  return header[0] === 0x16 && header[1] === 0x03;
}
