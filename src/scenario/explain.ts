import type { z } from 'zod';
import { nearest } from '../base/nearest.ts';
import { ownName } from './librdkafka-properties.ts';
import type { Path } from './problem.ts';

/** A problem before its place in the file is known. */
export interface Finding {
  readonly path: Path;
  /** `key` points at the key, `value` (default) at what stands behind it. */
  readonly at?: 'key' | 'value';
  readonly message: string;
  readonly expected?: string;
  readonly nearest?: string;
}

const exactlyOne = 'exactly one of ';

type Issue = z.core.$ZodIssue;

/** How a value was written in the file (`1e3`), where YAML respells it. */
export type Written = (path: Path) => string | undefined;

/**
 * Zod's issues as sentences. The grammar's `error` texts say what was expected; a list of valid words begins
 * with "one of", and for unknown keys it is the list of valid ones.
 */
export function explainIssues(issues: readonly Issue[], root: unknown, written: Written): Finding[] {
  const findings = issues.flatMap((issue) => explain(issue, [], root, written));
  const misspelt = findings.filter((each) => each.message.startsWith('unknown key'));
  // A key that is only misspelt is missing as well: once is enough.
  return findings.filter((each) => {
    if (misspelt.includes(each)) return true;
    const isMissing = valueAt(root, each.path) === undefined;
    return !misspelt.some((other) => {
      const parent = other.path.slice(0, -1);
      if (isMissing) return samePath(parent, each.path.slice(0, -1)) && other.nearest === each.path.at(-1);
      return each.expected?.startsWith(exactlyOne) === true && samePath(parent, each.path);
    });
  });
}

function explain(issue: Issue, base: Path, root: unknown, written: Written): Finding[] {
  const path = [
    ...base,
    ...issue.path.map((segment) => (typeof segment === 'symbol' ? String(segment) : segment)),
  ];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => unknownKey(key, path, issue.message));
  if (issue.code === 'invalid_union') {
    const branch = meant(issue.errors);
    if (branch) return branch.flatMap((each) => explain(each, path, root, written));
  }
  if (issue.code === 'custom' && issue.params?.['sentence'] === true) return [sentence(issue, path)];
  const own: unknown = issue.code === 'custom' ? issue.params?.['advice'] : undefined;
  return [unexpected(path, issue.message, root, written, typeof own === 'string' ? own : undefined)];
}

/** The alternative whose YAML type fits: the one with no complaint about the value as a whole. */
function meant(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  return branches.find((issues) =>
    issues.every((each) => each.path.length > 0 || each.code === 'unrecognized_keys' || aboutContents(each)),
  );
}

/** A complaint at the root of an alternative that still shows it was the one meant: a rule on its keys or length. */
const aboutContents = (issue: Issue): boolean =>
  issue.code === 'too_small' || (issue.code === 'custom' && issue.message.startsWith(exactlyOne));

function unknownKey(key: string, path: Path, valid: string): Finding {
  const keys = valid.replace(/^one of /, '').split(', ');
  const near = nearest(key, keys);
  const message = key === '' ? 'a key is missing before the colon' : `unknown key "${key}"`;
  const instead = keys.includes('client') && ownName(key) !== undefined ? `client: { ${key}: … }` : undefined;
  if (instead !== undefined) {
    const property = `${message}; librdkafka's properties stand under client: write ${instead}`;
    return { path: [...path, key], at: 'key', message: property, expected: valid };
  }
  const hint = near === undefined ? `; expected ${valid}` : `; did you mean "${near}"?`;
  const found = { path: [...path, key], at: 'key' as const, message: message + hint, expected: valid };
  return near === undefined ? found : { ...found, nearest: near };
}

function sentence(issue: Issue & { code: 'custom' }, path: Path): Finding {
  const near: unknown = issue.params?.['nearest'];
  const at = issue.params?.['at'] === 'key' ? { at: 'key' as const } : {};
  if (typeof near !== 'string') return { path, message: issue.message, ...at };
  return { path, message: `${issue.message}; did you mean "${near}"?`, nearest: near, ...at };
}

function unexpected(path: Path, expected: string, root: unknown, written: Written, own?: string): Finding {
  const value = valueAt(root, path);
  const name = pathName(path, root);
  if (value === undefined) {
    const parent = pathName(path.slice(0, -1), root);
    const where = parent === '' ? '' : ` in ${parent}`;
    return { path, message: `missing key "${String(path.at(-1))}"${where}; expected ${expected}`, expected };
  }
  const near = typeof value === 'string' && own === undefined ? nearest(value, wordsIn(expected)) : undefined;
  const did = own !== undefined ? `; ${own}` : near === undefined ? '' : `; did you mean "${near}"?`;
  const subject = name === '' ? 'a scenario' : name;
  const message = `${subject}: expected ${expected}, got ${got(value, expected, written(path))}${did || advice(value, expected, written(path))}`;
  return { path, message, expected, ...(near === undefined ? {} : { nearest: near }) };
}

/** The single words among what was expected: those of "one of a, b", and `max` of "max or a rate such as 5000/s". */
const wordsIn = (expected: string): string[] =>
  expected
    .replace(/^one of /, '')
    .split(/, | or /)
    .filter((each) => /^[a-zA-Z][\w-]*$/.test(each));

function got(value: unknown, expected: string, source: string | undefined): string {
  const keys = expected.startsWith(exactlyOne) && typeof value === 'object' && value !== null ? value : null;
  if (!keys || Array.isArray(keys)) return show(value, source);
  const valid = expected.slice(exactlyOne.length).split(', ');
  return valid.filter((key) => key in keys).join(' and ') || 'none of them';
}

function advice(value: unknown, expected: string, source: string | undefined): string {
  if (typeof value === 'string' && source !== undefined && expected.startsWith('a whole number')) {
    const number = Number(source);
    if (Number.isSafeInteger(number) && number >= 0 && number < 1e15) return `; write ${number}`;
  }
  if (typeof value === 'number' && value > 0) {
    if (/^(max, )?a rate/.test(expected)) return `; write ${source ?? value}/s`;
    if (expected.startsWith('a duration')) return `; write ${source ?? value}s if seconds are meant`;
  }
  const scalar = typeof value === 'number' || typeof value === 'boolean';
  if (scalar && /^(text|a name|a topic name|a group id|a field name)/.test(expected))
    return '; put it in quotes';
  return '';
}

/** A value in a sentence: never a whole subtree, never more than a line. */
export function show(value: unknown, source?: string): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (source !== undefined) return source.slice(0, 40);
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : typeof value;
}

export const samePath = (a: Path, b: Path): boolean =>
  a.length === b.length && a.every((segment, i) => segment === b[i]);

/** Whether one of the two stands inside the other, or they are the same. */
export const touches = (a: Path, b: Path): boolean =>
  a.slice(0, Math.min(a.length, b.length)).every((segment, i) => segment === b[i]);

export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const segment of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Record<string | number, unknown>)[segment];
  }
  return value;
}

/** `producers.writer.rate`: list entries go by their name where they have one, else by index. */
export function pathName(path: Path, root: unknown): string {
  let name = '';
  for (const [i, segment] of path.entries()) {
    if (typeof segment === 'string') name += name === '' ? segment : `.${segment}`;
    else {
      const own = valueAt(root, [...path.slice(0, i + 1), 'name']);
      name += typeof own === 'string' && /^[A-Za-z0-9_-]+$/.test(own) ? `.${own}` : `[${segment}]`;
    }
  }
  return name;
}
