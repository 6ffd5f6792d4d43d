import { z } from 'zod';
import { parseCount, parseDuration, parseRate, parseSize, unitForms } from '../../base/units.ts';

/**
 * The smallest pieces of the grammar. Every `error` text here is what was expected ("a duration such as 10s"),
 * never a sentence: problems.ts writes the sentence, with the place and what stood there. Text that comes from
 * `${env:…}` is always a string, so numbers and true/false are also read from their text.
 */

export const durationForm = 'a duration such as 500ms, 10s, 2m or 1h';
export const sizeForm = 'a size such as 100, 1KiB or 1MB';
export const countForm = 'a whole number such as 1000, 10k or 1M';
export const rateForm = 'a rate such as 2/s, 5k/s or 300/m';

type Scalar = string | number;

/** A scalar that `parse` turns into a value of another kind; undefined from it means "not of this form". */
function read<Out>(
  expected: string,
  input: z.ZodType<Scalar, Scalar>,
  parse: (given: Scalar) => Out | undefined,
) {
  return input.transform((given, context): Out => {
    const value = parse(given);
    if (value !== undefined) return value;
    context.issues.push({ code: 'custom', message: expected, input: given });
    return z.NEVER;
  });
}

/** What an editor is given to know the form of a text: zod does not look at it, which `read` does. */
interface EditorForm {
  /** The name of the form. */
  readonly title: string;
  readonly form?: RegExp;
  readonly examples?: readonly (string | number)[];
  readonly minimum?: number;
  readonly maximum?: number;
}

const editor = ({ form, ...rest }: EditorForm) => ({
  ...rest,
  // A reference to the environment or a file may stand for any value.
  ...(form === undefined ? {} : { pattern: `${form.source}|\\$\\{` }),
});

const scalar = (expected: string, known: EditorForm) =>
  z
    .union([z.string(), z.number()], { error: expected })
    .meta({ type: ['string', 'number'], ...editor(known) });

const written = (expected: string, known: EditorForm) => z.string({ error: expected }).meta(editor(known));

const durationText = (expected: string) =>
  written(expected, { title: 'duration', form: unitForms.duration, examples: ['10s'] });

/** Microseconds. */
export const duration = () =>
  read(durationForm, durationText(durationForm), (text) => parseDuration(String(text)));

/** Microseconds, above zero. */
export const positiveDuration = () =>
  read(`${durationForm}, above zero`, durationText(durationForm), (text) =>
    positive(parseDuration(String(text))),
  );

/** Bytes. */
export const size = () =>
  read(
    sizeForm,
    scalar(sizeForm, { title: 'size', form: unitForms.size, examples: ['1KiB'], minimum: 0 }),
    (given) => {
      const value = parseSize(given);
      return Number.isSafeInteger(value) ? value : undefined;
    },
  );

/** Messages per second, above zero. */
export const rate = () =>
  read(
    `${rateForm}, above zero`,
    written(rateForm, { title: 'rate', form: unitForms.rate, examples: ['1000/s'] }),
    (text) => positive(parseRate(String(text))),
  );

/** A whole number from `least` up. */
export const count = (least = 0) => {
  const expected = least === 0 ? countForm : `a whole number of ${least} or more, such as 1000, 10k or 1M`;
  const known = { title: 'number', form: unitForms.count, examples: [least === 0 ? 0 : 3], minimum: least };
  return read(expected, scalar(expected, known), (given) => {
    const value = parseCount(given);
    return value !== undefined && Number.isSafeInteger(value) && value >= least ? value : undefined;
  });
};

/** A plain number in a range, ends included. */
export const number = (expected: string, least: number, most: number) =>
  read(expected, scalar(expected, { title: 'number', minimum: least, maximum: most }), (given) => {
    const value = typeof given === 'number' ? given : /^\d+(\.\d+)?$/.test(given) ? Number(given) : NaN;
    return value >= least && value <= most ? value : undefined;
  });

const shareForm = 'a share such as 5% or 0.05';

/** `5%` or 0.05 → 0.05. */
export const share = () =>
  read(
    shareForm,
    scalar(shareForm, { title: 'share', form: unitForms.share, examples: ['5%'], minimum: 0, maximum: 1 }),
    (given) => {
      const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(String(given).trim());
      const value = percent ? Number(percent[1]) / 100 : Number(given);
      return value >= 0 && value <= 1 && given !== '' ? value : undefined;
    },
  );

export const text = (expected = 'text') =>
  z.string({ error: expected }).check(z.minLength(1, { error: expected }));

const nameForm = 'a name of lower-case letters, digits, "-" and "_" that starts with a letter';

export const name = () =>
  z.string({ error: nameForm }).check(z.regex(/^[a-z][a-z0-9_-]*$/, { error: nameForm }));

export const flag = () =>
  z
    .union([z.boolean(), z.literal('true'), z.literal('false')], { error: 'true or false' })
    .transform((given) => given === true || given === 'true');

/** One of a few words. */
export function word<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, { error: oneOf(words) });
}

export const oneOf = (words: readonly string[]): string => `one of ${words.join(', ')}`;

/** Alternatives of different YAML types; `expected` names them all. */
export function choice<const Options extends readonly [z.ZodType, z.ZodType, ...z.ZodType[]]>(
  expected: string,
  options: Options,
) {
  return z.union(options, { error: expected });
}

/** A mapping that refuses unknown keys; its error for them lists the valid ones. */
export function mapping<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, { error: mappingError(Object.keys(shape)) });
}

export function mappingError(keys: readonly string[]) {
  return (issue: { code?: string }): string =>
    issue.code === 'unrecognized_keys'
      ? oneOf(keys)
      : `a mapping with ${keys.slice(0, 6).join(', ')}${keys.length > 6 ? ' …' : ''}`;
}

/** A check that exactly one of `keys` is there. */
export const exactlyOneOf =
  (keys: readonly string[]) =>
  (context: z.core.ParsePayload<object>): void => {
    if (keys.filter((key) => key in context.value).length === 1) return;
    context.issues.push({
      code: 'custom',
      message: `exactly one of ${keys.join(', ')}`,
      input: context.value,
    });
  };

/** A mapping that says which of several things is meant: exactly one of its keys. */
export function oneKey<Shape extends Record<string, z.ZodType>>(shape: Shape) {
  const keys = Object.keys(shape);
  const optional = Object.fromEntries(keys.map((key) => [key, z.exactOptional(shape[key]!)]));
  return z
    .strictObject(optional, { error: mappingError(keys) })
    .check(exactlyOneOf(keys))
    .meta({ minProperties: 1, maxProperties: 1 })
    .transform((given) => given as { [Key in keyof Shape]?: z.output<Shape[Key]> });
}

export const list = <Item extends z.ZodType>(item: Item, expected = 'a list') =>
  z.array(item, { error: expected });

const propertyForm = 'text, a number or true/false';

/** Properties passed on unchanged. */
export const properties = () =>
  z.record(z.string(), z.union([z.string(), z.number(), z.boolean()], { error: propertyForm }), {
    error: 'a mapping of property names to values',
  });

/** Properties (or templates) that end as text whatever YAML made of them. */
export const textProperties = () =>
  properties().transform((given) =>
    Object.fromEntries(Object.entries(given).map(([key, value]): [string, string] => [key, String(value)])),
  );

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined;
}
