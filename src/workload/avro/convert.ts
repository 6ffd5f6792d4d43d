import { isExact } from '../../base/exact-number.ts';
import type { Logical, Shape } from './shape.ts';

type Leaf = Exclude<Shape, { kind: 'array' | 'map' | 'union' | 'record' }>;

/** What a text, or a number, boolean or null of YAML, is as a value of this type. @throws Error: why it is none. */
export function convert(shape: Leaf, value: unknown): unknown {
  switch (shape.kind) {
    case 'null':
      if (value === null) return null;
      break;
    case 'boolean':
      if (typeof value === 'boolean') return value;
      if (value === 'true' || value === 'false') return value === 'true';
      break;
    case 'int':
    case 'long':
      return whole(shape.kind, logicalNumber(shape.logical, value) ?? value);
    case 'float':
    case 'double': {
      const number = numberIn(value);
      if (number === null) break;
      if (Number.isFinite(number) || !/\d/.test(String(value))) return number;
      throw new Error(`${String(value)} is beyond what a double holds`);
    }
    case 'string':
      if (typeof value !== 'string') break;
      if (shape.logical?.logicalType === 'uuid' && !uuid.test(value))
        throw new Error(`${show(value)} is no UUID`);
      return value;
    case 'bytes':
      if (shape.logical?.logicalType === 'decimal') return decimal(shape.logical, value, null);
      if (typeof value === 'string') return Buffer.from(value);
      break;
    case 'fixed':
      return fixed(shape, value);
    case 'enum':
      if (typeof value === 'string' && shape.symbols.includes(value)) return value;
      throw new Error(`${show(value)} is none of ${shape.symbols.join(', ')}`);
  }
  throw new Error(`${show(value)} is no ${shape.kind}${advice(shape.kind, value)}`);
}

/** What avsc takes for exact: one less than Number.MAX_SAFE_INTEGER. */
const longest = 2 ** 53 - 2;

function whole(kind: 'int' | 'long', value: unknown): number {
  const number = numberIn(value);
  if (number === null) throw new Error(`${show(value)} is no ${kind}`);
  const [low, high] = kind === 'int' ? [-(2 ** 31), 2 ** 31 - 1] : [-longest, longest];
  if (Number.isInteger(number) && (number < low || number > high)) {
    const reach = kind === 'int' ? '32 bits' : `${longest}, as far as JavaScript counts`;
    throw new Error(`${String(value)} does not fit: ${kind} goes to ${reach}`);
  }
  // JavaScript makes 9007199254740989.4 whole.
  if (Number.isInteger(number) && isExact(String(value), number)) return number;
  throw new Error(`${String(value)} is no ${kind}`);
}

function numberIn(value: unknown): number | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return null;
  if (/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(value)) return Number(value);
  return { NaN, Infinity, '-Infinity': -Infinity }[value] ?? null;
}

/** Microseconds in the unit of each; dates count days. */
const perUnit: Readonly<Record<string, number>> = {
  'timestamp-millis': 1000,
  'timestamp-micros': 1,
  'local-timestamp-millis': 1000,
  'local-timestamp-micros': 1,
  'time-millis': 1000,
  'time-micros': 1,
};

/** `2026-01-02T03:04:05.678Z` and its like as the number that a logical type keeps; null: no such text or type. */
function logicalNumber(logical: Logical | null, value: unknown): number | null {
  if (logical === null || typeof value !== 'string') return null;
  const { logicalType } = logical;
  if (logicalType === 'date') {
    const millis = Date.parse(/^\d{4}-\d\d-\d\d(T|$)/.test(value) ? `${value.slice(0, 10)}T00:00:00Z` : '');
    return Number.isNaN(millis) ? null : millis / 86_400_000;
  }
  const unit = perUnit[logicalType];
  if (unit === undefined) return null;
  const time = logicalType.startsWith('time-');
  const match = (time ? timeText : dateTimeText).exec(value);
  if (!match) return null;
  // A local timestamp counts as if its clock were UTC, whatever zone is written behind it.
  const zone = time || logicalType.startsWith('local-') ? 'Z' : (match[4] ?? 'Z');
  const seconds = Date.parse(`${time ? '1970-01-01T' : match[1]!}${match[2]!}${zone}`);
  const micros = seconds * 1000 + Number((match[3] ?? '').padEnd(6, '0').slice(0, 6));
  return Number.isNaN(seconds) ? null : Math.floor(micros / unit);
}

const dateTimeText = /^(\d{4}-\d\d-\d\dT)(\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?$/;
const timeText = /^()(\d\d:\d\d:\d\d)(?:\.(\d+))?()$/;
const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

function fixed({ size, logical }: Extract<Leaf, { kind: 'fixed' }>, value: unknown): Buffer {
  if (logical?.logicalType === 'decimal') return decimal(logical, value, size);
  if (typeof value !== 'string') throw new Error(`${show(value)} is no text of ${size} bytes`);
  const isUuid = logical?.logicalType === 'uuid' && size === 16 && uuid.test(value);
  const bytes = isUuid ? Buffer.from(value.replaceAll('-', ''), 'hex') : Buffer.from(value);
  if (bytes.length === size) return bytes;
  throw new Error(`${show(value)} has ${bytes.length} bytes, not ${size}`);
}

/** The unscaled number as two's complement, big-endian: as short as it goes, or filled up to `size`. */
function decimal({ precision, scale }: Logical, value: unknown, size: number | null): Buffer {
  const match = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(
    typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '',
  );
  if (!match) throw new Error(`${show(value)} is no decimal such as 12.34`);
  const places = typeof scale === 'number' ? scale : 0;
  const fraction = (match[3] ?? '').replace(/0+$/, '');
  if (fraction.length > places) throw new Error(`${show(value)} has more than ${places} decimal places`);
  const digits = (match[2]! + fraction.padEnd(places, '0')).replace(/^0+(?=\d)/, '');
  if (typeof precision === 'number' && digits.length > precision) {
    throw new Error(`${show(value)} has more than ${precision} digits with its ${places} decimal places`);
  }
  const unscaled = BigInt(digits) * (match[1] === '-' ? -1n : 1n);
  let bytes = size ?? 1;
  const fits = (count: number): boolean => BigInt.asIntN(count * 8, unscaled) === unscaled;
  while (size === null && !fits(bytes)) bytes++;
  if (!fits(bytes)) throw new Error(`${show(value)} does not fit into ${bytes} bytes`);
  const hex = BigInt.asUintN(bytes * 8, unscaled).toString(16);
  return Buffer.from(hex.padStart(bytes * 2, '0'), 'hex');
}

/** A value in a sentence. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a mapping';
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? 'nothing' : text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

const advice = (kind: string, value: unknown): string =>
  kind === 'string' && (typeof value === 'number' || typeof value === 'boolean') ? '; put it in quotes' : '';
