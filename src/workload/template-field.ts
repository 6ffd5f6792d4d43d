import type { Random } from '../base/random.ts';

/** One placeholder of a template. Everything it writes is ASCII without quotes or backslashes: safe inside JSON. */
export interface TemplateField {
  readonly minBytes: number;
  readonly maxBytes: number;
  /** The same bytes each time. */
  readonly constant?: true;
  /** Writes at `at` and returns where it ended. */
  write(target: Uint8Array, at: number, index: number): number;
}

const DIGIT_0 = 48;
/** 2^53 has 16 digits. */
const MAX_DIGITS = 16;

/** Writes a whole number 0 ≤ value < 2^53 in decimal. */
export function writeDecimal(target: Uint8Array, at: number, value: number): number {
  let end = at + 1;
  for (let bound = 10; value >= bound; bound *= 10) end++;
  // Below 2^31 integer division by a constant becomes a multiplication; above it stays in doubles.
  let i = end - 1;
  while (value >= 0x7fffffff) {
    const rest = Math.floor(value / 10);
    target[i--] = DIGIT_0 + (value - rest * 10);
    value = rest;
  }
  let small = value | 0;
  for (; i >= at; i--) {
    const rest = (small / 10) | 0;
    target[i] = DIGIT_0 + (small - rest * 10);
    small = rest;
  }
  return end;
}

/** `${seq}`: the message's index in its producer group, from 0. */
export const sequenceField: TemplateField = { minBytes: 1, maxBytes: MAX_DIGITS, write: writeDecimal };

const DASH = 45;
const HEX = Uint8Array.from(Buffer.from('0123456789abcdef'));
/** The two digits of a byte. */
const HEX_HIGH = Uint8Array.from({ length: 256 }, (_, byte) => HEX[byte >>> 4]!);
const HEX_LOW = Uint8Array.from({ length: 256 }, (_, byte) => HEX[byte & 15]!);

function writeHex16(target: Uint8Array, at: number, value: number): number {
  const high = (value >>> 8) & 255;
  const low = value & 255;
  target[at] = HEX_HIGH[high]!;
  target[at + 1] = HEX_LOW[high]!;
  target[at + 2] = HEX_HIGH[low]!;
  target[at + 3] = HEX_LOW[low]!;
  return at + 4;
}

/** `${uuid}`: version 4 (RFC 9562) from the seeded stream. */
export function uuidField(random: Random): TemplateField {
  return {
    minBytes: 36,
    maxBytes: 36,
    write(target, at) {
      const first = random.uint32();
      const second = random.uint32();
      const third = random.uint32();
      const last = random.uint32();
      at = writeHex16(target, writeHex16(target, at, first >>> 16), first);
      target[at++] = DASH;
      at = writeHex16(target, at, second >>> 16);
      target[at++] = DASH;
      at = writeHex16(target, at, (second & 0x0fff) | 0x4000); // version 4
      target[at++] = DASH;
      at = writeHex16(target, at, ((third >>> 16) & 0x3fff) | 0x8000); // variant
      target[at++] = DASH;
      return writeHex16(target, writeHex16(target, writeHex16(target, at, third), last >>> 16), last);
    },
  };
}

/** `${now}`: ISO-8601 with milliseconds; the text is made anew only when the millisecond changes. */
export function nowField(wallClockMillis: () => number): TemplateField {
  const text = Buffer.alloc(24);
  let written = NaN;
  return {
    minBytes: text.length,
    maxBytes: text.length,
    write(target, at) {
      const millis = Math.floor(wallClockMillis());
      if (millis !== written) {
        text.write(new Date(millis).toISOString(), 'latin1');
        written = millis;
      }
      for (let i = 0; i < 24; i++) target[at + i] = text[i]!;
      return at + 24;
    },
  };
}

/** `${random:int:low:high}`: whole numbers, both ends included; may be negative. */
export function randomIntField(random: Random, low: number, high: number): TemplateField {
  const span = high - low + 1;
  return {
    minBytes: 1,
    maxBytes: MAX_DIGITS + 1,
    write(target, at) {
      const value = low + random.below(span);
      if (value >= 0) return writeDecimal(target, at, value);
      target[at] = DASH;
      return writeDecimal(target, at + 1, -value);
    },
  };
}

const TEXT = Uint8Array.from(Buffer.from('0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-'));

/** `${random:text:n}`: n characters of the 64 that base64url uses. */
export function randomTextField(random: Random, length: number): TemplateField {
  return {
    minBytes: length,
    maxBytes: length,
    write(target, at) {
      const end = at + length;
      while (at < end) {
        // One 32-bit draw carries five characters of 6 bits.
        let bits = random.uint32();
        const stop = Math.min(at + 5, end);
        for (; at < stop; at++, bits >>>= 6) target[at] = TEXT[bits & 63]!;
      }
      return end;
    },
  };
}

/** Text that never changes. */
export function literalField(text: string): TemplateField {
  const bytes = Uint8Array.from(Buffer.from(text));
  return {
    minBytes: bytes.length,
    maxBytes: bytes.length,
    constant: true,
    write(target, at) {
      for (let i = 0; i < bytes.length; i++) target[at + i] = bytes[i]!;
      return at + bytes.length;
    },
  };
}
