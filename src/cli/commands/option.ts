import type { Options } from 'yargs';
import { BenchError, messageOf } from '../../base/errors.ts';

/**
 * An option or argument of a command: how yargs takes it, and the value that its text stands for. Of an option that
 * is given twice the last counts, unless it is a list.
 */
export interface Option<Value> {
  readonly yargs: Options;
  /** @param given what yargs hands over: a list where the option was given more than once. @throws Error */
  readonly read: (given: unknown) => Value;
}

export type OptionSet = Readonly<Record<string, Option<unknown>>>;

type ValueOf<O> = O extends Option<infer Value> ? Value : never;

type CamelCaseKey<K> = K extends `${infer Head}-${infer Rest}`
  ? `${Head}${Capitalize<CamelCaseKey<Rest>>}`
  : K;

/** The values by their names in camel case; what was not given has no key. */
export type Values<O> = {
  [K in keyof O as undefined extends ValueOf<O[K]> ? CamelCaseKey<K> : never]?: Exclude<
    ValueOf<O[K]>,
    undefined
  >;
} & { [K in keyof O as undefined extends ValueOf<O[K]> ? never : CamelCaseKey<K>]: ValueOf<O[K]> };

const last = (given: unknown): unknown => (Array.isArray(given) ? given.at(-1) : given);
const all = (given: unknown): string[] => (given === undefined ? [] : [given].flat().map(String));

export function flag(describe: string): Option<boolean | undefined> {
  return { yargs: { describe, type: 'boolean' }, read: (given) => last(given) as boolean | undefined };
}

export const text = (describe: string): Option<string | undefined> => parsed(describe, (given) => given);

/** @param read from the text; throws an Error that says what was expected */
export function parsed<Value>(describe: string, read: (given: string) => Value): Option<Value | undefined> {
  return {
    yargs: { describe, type: 'string', requiresArg: true },
    read: (given) => (given === undefined ? undefined : read(String(last(given)))),
  };
}

export function choice<const Choice extends string>(
  choices: readonly Choice[],
  describe: string,
): Option<Choice | undefined> {
  const { yargs, read } = parsed(`${describe}: ${choices.join(', ')}`, (given) => given as Choice);
  return { yargs: { ...yargs, choices }, read };
}

/** One value each time it is given. */
export function list(describe: string): Option<readonly string[] | undefined> {
  return {
    yargs: { describe, type: 'string', requiresArg: true },
    read: (given) => (given === undefined ? undefined : all(given)),
  };
}

/** As many values as follow. */
export function many(describe: string): Option<readonly string[]> {
  return { yargs: { describe, type: 'string', array: true, requiresArg: true }, read: all };
}

/** With the value that it has where it is not given. */
export function otherwise<Value>(
  option: Option<Value>,
  value: NonNullable<Value>,
): Option<NonNullable<Value>> {
  return {
    yargs: { ...option.yargs, describe: `${option.yargs.describe} (${String(value)})`, default: value },
    read: (given) => (given === value ? value : (option.read(given) as NonNullable<Value>)),
  };
}

/** No list instead of an empty one. */
export function optional<Value>(option: Option<Value>): Option<Value | undefined> {
  return { ...option, read: (given) => (given === undefined ? undefined : option.read(given)) };
}

export function required<Value>(option: Option<Value>): Option<NonNullable<Value>> {
  return {
    yargs: { ...option.yargs, demandOption: true },
    read: (given) => option.read(given) as NonNullable<Value>,
  };
}

export function hidden<Value>(option: Option<Value>): Option<Value> {
  return { ...option, yargs: { ...option.yargs, hidden: true } };
}

/**
 * @param given by name, as yargs has it @param label how the user wrote the option
 * @throws BenchError `usage` for a text that stands for nothing
 */
export function readValues(
  options: OptionSet,
  given: Readonly<Record<string, unknown>>,
  label: (name: string) => string,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(options)) {
    try {
      const value = option.read(given[name]);
      if (value !== undefined) values[inCamelCase(name)] = value;
    } catch (error) {
      throw new BenchError('usage', `${label(name)} ${String(last(given[name]))}: ${messageOf(error)}`);
    }
  }
  return values;
}

const inCamelCase = (name: string): string =>
  name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
