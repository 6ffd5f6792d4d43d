import { parseCount, parseDuration, parseSize } from '../base/units.ts';

/** A value as it is passed on, or what would have been right. */
export type PropertyReading =
  { readonly value: string | number | boolean } | { readonly expected: string; readonly advice?: string };

/** The form of a number: how it is passed on is plain decimal, whatever YAML made of it. */
export interface NumberForm {
  readonly kind: 'integer' | 'float';
  readonly from: number;
  readonly to: number;
  /** What may stand instead of a number. */
  readonly words?: readonly string[];
  /** What the program that is configured would make of a text that is refused here; null: it would refuse it too. */
  readonly misreading?: (text: string) => number | null;
  /** Whose reading that is. */
  readonly reader?: string;
}

/**
 * A number of a property. Numbers that mean the same to YAML and to everybody else (`1e4`, `0x10`, `5.0`) are passed
 * on in plain decimal; a leading zero, which is octal to some, and numbers with units are refused.
 * @param name decides what a unit would mean: `.ms` is a time
 */
export function readNumber(
  given: string | number | boolean,
  name: string,
  form: NumberForm,
): PropertyReading {
  const text = String(given).trim();
  const { from, to, words = [], misreading, reader = 'librdkafka' } = form;
  const word = words.find((each) => each === text.toLowerCase());
  if (word !== undefined) return { value: word };
  const value = plainNumber(text);
  const fits = (each: number): boolean =>
    each >= from && each <= to && (form.kind === 'float' || Number.isInteger(each));
  // Kafka's longs go beyond what a number holds exactly.
  if (value !== undefined && fits(value)) {
    return {
      value: Number.isSafeInteger(value)
        ? value
        : /^[+-]?\d+$/.test(text)
          ? text.replace('+', '')
          : String(value),
    };
  }

  const kind = form.kind === 'integer' ? 'a whole number' : 'a number';
  const others = words.map((each) => ` or ${each}`).join('');
  const expected = `${kind} ${rangeText(from, to)}${others}`;
  const advice: string[] = [];
  const misread = misreading?.(text) ?? null;
  if (misread !== null && misread !== value) advice.push(`${reader} would read ${misread}`);
  const meant = octal(text) ?? meantNumbers(text, name);
  const possible = meant.filter(fits);
  if (possible.length > 0) advice.push(`write ${possible.join(' or ')}`);
  return advice.length === 0 ? { expected } : { expected, advice: advice.join('; ') };
}

function rangeText(from: number, to: number): string {
  if (Number.isFinite(from) && Number.isFinite(to)) return `from ${from} to ${to}`;
  return Number.isFinite(from) ? `of ${from} or more` : 'without a unit';
}

/** A number that reads the same everywhere: undefined for 010 (octal to C), for units and for separators. */
function plainNumber(text: string): number | undefined {
  if (/^0x[0-9a-f]+$/i.test(text)) return Number(text);
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return undefined;
  if ((octal(text)?.length ?? 0) > 1) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** The readings of a number that begins with a zero; YAML's one of 0o17. */
function octal(text: string): number[] | undefined {
  if (/^0o[0-7]+$/.test(text)) return [Number(text)];
  const match = /^([+-]?)0+(\d+)$/.exec(text);
  if (!match) return undefined;
  const sign = match[1] === '-' ? -1 : 1;
  const readings = [Number(match[2]), ...(/^[0-7]+$/.test(match[2]!) ? [parseInt(match[2]!, 8)] : [])];
  return [...new Set(readings.map((each) => sign * each))];
}

/** What a number with a unit or with separators was meant to be, as far as the property's own unit tells. */
function meantNumbers(text: string, name: string): number[] {
  const found = scaled(text.replace(/(?<=\d)[_\s,](?=\d{3}(\D|$))/g, ''), name);
  return found === undefined || !Number.isFinite(found) ? [] : [found];
}

function scaled(text: string, name: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  const seconds = /\.(seconds|secs)$/.test(name);
  if (/\.ms$/.test(name) || seconds) {
    const micros = parseDuration(text) ?? days(text);
    return micros === undefined ? undefined : micros / (seconds ? 1e6 : 1e3);
  }
  const size = parseSize(text);
  if (size !== undefined && /\.kbytes$/.test(name)) return Math.round(size / 1024);
  return size ?? parseCount(text.replace('K', 'k'));
}

function days(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*d$/.exec(text);
  return match ? Number(match[1]) * 86_400e6 : undefined;
}

const booleanWords: readonly (readonly [boolean, RegExp])[] = [
  [true, /^(yes|y|on|enabled?)$/i],
  [false, /^(no|n|off|disabled?|none)$/i],
];

/** @param forms what counts as true and as false, in lower case */
export function readBoolean(
  given: string | number | boolean,
  forms: { readonly true: readonly string[]; readonly false: readonly string[] },
): PropertyReading {
  const text = String(given).trim().toLowerCase();
  if (forms.true.includes(text)) return { value: true };
  if (forms.false.includes(text)) return { value: false };
  const meant = booleanWords.find(([, words]) => words.test(text))?.[0];
  return { expected: 'true or false', ...(meant === undefined ? {} : { advice: `write ${meant}` }) };
}
