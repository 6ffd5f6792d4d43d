import { BenchError, messageOf } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { readValue } from './document.ts';
import { valueAt } from './explain.ts';
import type { Path } from './problem.ts';

/** A value that replaces one of the file: `producers.writer.rate=500/s`. Null removes the key. */
export interface Setting {
  /** As given, for messages. */
  readonly text: string;
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Their keys have dots of their own: `client.linger.ms`, `config.min.insync.replicas`, `expect.ack.p99`. */
const flat: ReadonlySet<string> = new Set(['client', 'config', 'expect', 'headers']);

/** @throws BenchError `usage` where it is no `path=value` */
export function parseSetting(text: string): Setting {
  const at = text.indexOf('=');
  const path = text.slice(0, Math.max(0, at)).trim();
  if (!/^[\w-]+(\.[\w-]+)+$|^[\w-]+$/.test(path)) {
    throw refused(`"${text}" is no setting`, 'give path=value, such as producers.writer.rate=500/s');
  }
  const steps = path.split('.');
  const open = steps.findIndex((step, i) => flat.has(step) && i < steps.length - 1);
  const joined = open < 0 ? steps : [...steps.slice(0, open + 1), steps.slice(open + 1).join('.')];
  try {
    return { text, path: joined, value: readValue(text.slice(at + 1), joined) };
  } catch (error) {
    // The parser shows the text and an arrow below its first line.
    const why = messageOf(error).split(/:?\n/)[0]!;
    throw refused(`the value of "${text}" cannot be read: ${why}`, 'if it is a text, put quotes around it');
  }
}

/**
 * A copy of a scenario as it was read, with values replaced or added. Members of lists are named by their `name` or
 * `id`, or by their place from 0. @throws BenchError `usage` for a member that is not there
 */
export function applySettings(root: unknown, settings: readonly Setting[]): unknown {
  return settings.reduce((value, setting) => replaced(value, setting.path, setting), root);
}

/** Where the values of settings stand in the scenario that they were applied to: list entries by their place. */
export function settingPaths(
  root: unknown,
  settings: readonly Setting[],
): readonly { readonly text: string; readonly path: Path }[] {
  // What was removed is nowhere, and what removed it is to blame for nothing that is there.
  const kept = settings.filter(({ value }) => value !== null);
  return kept.map((setting) => {
    let value = root;
    const path = setting.path.map((step): string | number => {
      const key = Array.isArray(value) ? place(value, step, setting) : step;
      value = valueAt(value, [key]);
      return key;
    });
    return { text: setting.text, path };
  });
}

function replaced(value: unknown, path: readonly string[], setting: Setting): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return setting.value;
  if (Array.isArray(value)) {
    const at = place(value, step, setting);
    if (rest.length === 0 && setting.value === null)
      throw refused(`"${setting.text}": null removes a key, not an entry of a list`, 'set the whole list');
    return value.map((each: unknown, i) => (i === at ? replaced(each, rest, setting) : each));
  }
  if (value !== undefined && value !== null && typeof value !== 'object') {
    throw refused(`"${setting.text}": there is nothing below ${JSON.stringify(value)}`, 'name what holds it');
  }
  const mapping = (value ?? {}) as Record<string, unknown>;
  if (setting.value === null) return without(mapping, step, rest, setting);
  return { ...mapping, [step]: replaced(mapping[step], rest, setting) };
}

/** A key that is not there is one that was mistyped. */
function without(
  mapping: Readonly<Record<string, unknown>>,
  step: string,
  rest: readonly string[],
  setting: Setting,
): unknown {
  if (!Object.hasOwn(mapping, step)) {
    const keys = Object.keys(mapping);
    const near = nearest(step, keys);
    throw refused(
      `"${setting.text}": there is no ${step} to remove`,
      near === undefined ? `there is ${keys.join(', ') || 'nothing'}` : `did you mean ${near}?`,
    );
  }
  if (rest.length > 0) return { ...mapping, [step]: replaced(mapping[step], rest, setting) };
  return Object.fromEntries(Object.entries(mapping).filter(([key]) => key !== step));
}

function place(list: readonly unknown[], step: string, setting: Setting): number {
  const names = list.map((each) => {
    const { name, id } = (each ?? {}) as { name?: unknown; id?: unknown };
    return typeof name === 'string' ? name : typeof id === 'string' ? id : '';
  });
  const named = names.indexOf(step);
  if (named >= 0) return named;
  if (/^\d+$/.test(step) && Number(step) < list.length) return Number(step);
  const near = nearest(step, names);
  const known = names.filter((name) => name !== '').join(', ');
  throw refused(
    `"${setting.text}": there is no ${step}`,
    near === undefined ? `there is ${known === '' ? 'none with a name' : known}` : `did you mean ${near}?`,
  );
}

function refused(message: string, hint: string): BenchError {
  return new BenchError('usage', message, { hint });
}
