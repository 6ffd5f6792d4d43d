import { type Property, propertyOf, type PropertyName } from './librdkafka-properties.ts';
import { type PropertyReading, readBoolean, readNumber } from './property-value.ts';

/**
 * A value for a property of librdkafka, in the form that it keeps: its parser takes `64KiB` for 64, `010` for 8 and
 * `T` for true. What is not its own form is refused, with what would be meant.
 */
export function readProperty(name: PropertyName, given: string | number | boolean): PropertyReading {
  const property = propertyOf(name);
  switch (property.type) {
    case 'integer':
    case 'float':
      return readNumber(given, name, {
        kind: property.type,
        from: property.from ?? -Infinity,
        to: property.to ?? Infinity,
        words: property.words ?? [],
        misreading: property.type === 'integer' ? strtol : strtod,
      });
    case 'boolean':
      return readBoolean(given, { true: ['true', 't', '1'], false: ['false', 'f', '0'] });
    case 'word':
      return readWord(given, property);
    case 'flags':
      return readFlags(given, property);
    case 'text':
    case 'api':
      return { value: typeof given === 'string' ? given : String(given) };
  }
}

function readWord(given: string | number | boolean, { words = [] }: Property): PropertyReading {
  const text = String(given).trim();
  const word = words.find((each) => each.toLowerCase() === text.toLowerCase());
  return word === undefined ? { expected: `one of ${words.join(', ')}` } : { value: word };
}

/** `broker,-topic`: each with a sign at most. */
function readFlags(given: string | number | boolean, { words = [] }: Property): PropertyReading {
  const flags = String(given)
    .split(',')
    .map((each) => each.trim());
  const isKnown = (flag: string): boolean => words.includes(flag.replace(/^[+-]/, '').toLowerCase());
  if (words.length > 0 && !flags.every((flag) => isKnown(flag)))
    return { expected: `one or several of ${words.join(', ')}` };
  return { value: flags.join(',') };
}

/** C's strtol with base 0, kept in an int: digits as far as they go, 0x and a leading 0 understood. */
function strtol(text: string): number | null {
  const match = /^\s*([+-]?)(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)/i.exec(text);
  if (!match) return null;
  const digits = match[2]!;
  const magnitude = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
  const most = 2n ** 63n;
  const value =
    match[1] === '-' ? -(magnitude > most ? most : magnitude) : magnitude < most ? magnitude : most - 1n;
  return Number(BigInt.asIntN(32, value));
}

/** C's strtod, which also knows nan and infinity. */
function strtod(text: string): number | null {
  if (/^\s*[+-]?nan/i.test(text)) return NaN;
  if (/^\s*[+-]?inf/i.test(text)) return /^\s*-/.test(text) ? -Infinity : Infinity;
  const match = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?/i.exec(text);
  return match ? Number(match[0]) : null;
}
