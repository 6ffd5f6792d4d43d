import type { Random } from '../base/random.ts';

/** One placeholder of a template. Everything it writes is ASCII without quotes or backslashes: safe inside JSON. */
export interface TemplateField {
  readonly minBytes: number;
  readonly maxBytes: number;
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

const HEX = Uint8Array.from(Buffer.from('0123456789abcdef'));
const DASH = 45;

/** `${uuid}`: version 4 (RFC 9562) from the seeded stream. */
export function uuidField(random: Random): TemplateField {
  const writeHex = (target: Uint8Array, at: number, word: number, from: number, to: number): number => {
    for (let shift = from; shift >= to; shift -= 4) target[at++] = HEX[(word >>> shift) & 15]!;
    return at;
  };
  return {
    minBytes: 36,
    maxBytes: 36,
    write(target, at) {
      const middle = (random.uint32() & 0xffff0fff) | 0x4000;
      const variant = (random.uint32() & 0x3fffffff) | 0x80000000;
      at = writeHex(target, at, random.uint32(), 28, 0);
      target[at++] = DASH;
      at = writeHex(target, at, middle, 28, 16);
      target[at++] = DASH;
      at = writeHex(target, at, middle, 12, 0);
      target[at++] = DASH;
      at = writeHex(target, at, variant, 28, 16);
      target[at++] = DASH;
      at = writeHex(target, at, variant, 12, 0);
      return writeHex(target, at, random.uint32(), 28, 0);
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
    write(target, at) {
      for (let i = 0; i < bytes.length; i++) target[at + i] = bytes[i]!;
      return at + bytes.length;
    },
  };
}
