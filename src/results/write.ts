import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { BenchError, messageOf } from '../base/errors.ts';
import { scrub } from '../base/redact.ts';
import { writeWhole } from '../base/write-whole.ts';
import { runResult, type RunResult } from './schema.ts';

/**
 * Writes under a temporary name and renames, so that a reader never sees half a result. Resolved secrets are
 * taken out by value as well: a message of a broker or a path may repeat one.
 */
export function writeResult(path: string, result: RunResult, secrets: readonly string[]): void {
  const text = `${JSON.stringify(withoutSecrets(complete(result), secrets), refuseNonFinite, 1)}\n`;
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(temporary, 'wx');
    try {
      writeWhole(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    if (existsSync(temporary)) rmSync(temporary);
    throw new BenchError('results', `cannot write ${path}: ${messageOf(error)}`, {
      hint: 'free some space or choose another place with --results DIR',
      cause: error,
    });
  }
}

function complete(result: RunResult): RunResult {
  const { data, error } = runResult.safeParse(result);
  const issue = error?.issues[0];
  if (issue) throw new Error(`result field ${issue.path.join('.')}: ${issue.message}`);
  return data!;
}

/**
 * Only in texts: a password `kafka` or `2026` would else take the names of fields and parts of numbers with it. What
 * the format itself prescribes (`local`, a date) is no secret either, even where a password is spelled the same.
 */
function withoutSecrets(result: RunResult, secrets: readonly string[]): unknown {
  if (secrets.length === 0) return result;
  const scrubbed: unknown = JSON.parse(
    JSON.stringify(result, (key, value: unknown) =>
      typeof value === 'string' && key !== 'hdr' ? scrub(value, secrets) : value,
    ),
  );
  for (const { path } of runResult.safeParse(scrubbed).error?.issues ?? []) copyField(result, scrubbed, path);
  return scrubbed;
}

function copyField(from: unknown, to: unknown, path: readonly PropertyKey[]): void {
  const field = path.at(-1);
  if (field === undefined) return;
  const at = (root: unknown): Record<PropertyKey, unknown> =>
    path.slice(0, -1).reduce((each, key) => (each as Record<PropertyKey, unknown>)[key], root) as Record<
      PropertyKey,
      unknown
    >;
  at(to)[field] = at(from)[field];
}

// JSON would turn them into null without a word.
function refuseNonFinite(key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new Error(`result field ${key} is ${value}`);
  }
  return value;
}
