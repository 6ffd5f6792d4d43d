import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { BenchError, messageOf } from '../base/errors.ts';
import { scrub } from '../base/redact.ts';
import { runResult, type RunResult } from './schema.ts';

/**
 * Writes under a temporary name and renames, so that a reader never sees half a result. Resolved secrets are
 * taken out by value as well: a message of a broker or a path may repeat one.
 */
export function writeResult(path: string, result: RunResult, secrets: readonly string[]): void {
  const text = scrub(`${JSON.stringify(runResult.parse(result), refuseNonFinite, 1)}\n`, secrets);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(temporary, 'wx');
    try {
      writeAll(file, Buffer.from(text));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new BenchError('results', `cannot write ${path}: ${messageOf(error)}`, {
      hint: 'free some space or choose another place with --results DIR',
      cause: error,
    });
  }
}

function writeAll(file: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
}

// JSON would turn them into null without a word.
function refuseNonFinite(key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new Error(`result field ${key} is ${value}`);
  }
  return value;
}
