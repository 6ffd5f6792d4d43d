import { readFileSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parseEnv } from 'node:util';
import { messageOf } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { ScenarioError } from './problem.ts';

/** No hand-written scenario is near it; a log or an image given by mistake soon is. */
const mostBytes = 2 ** 20;

/** @throws ScenarioError that says in one line why the file cannot be a scenario. */
export async function readScenarioFile(file: string): Promise<Buffer> {
  try {
    const found = await stat(file);
    if (found.isDirectory()) throw fileError(file, 'is a directory; name a scenario file in it');
    if (!found.isFile() && !found.isFIFO()) throw fileError(file, 'is not a regular file');
    if (found.size > mostBytes) throw fileError(file, 'is larger than 1 MiB: no scenario');
    return await readFile(file);
  } catch (error) {
    if (error instanceof ScenarioError) throw error;
    throw fileError(file, await reason(file, error));
  }
}

async function reason(file: string, error: unknown): Promise<string> {
  const code = codeOf(error);
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this user';
  if (code !== 'ENOENT' && code !== 'ENOTDIR') return `cannot be read: ${messageOf(error)}`;
  for (const directory of new Set([dirname(file), home])) {
    const near = await scenarioLike(basename(file), directory);
    if (near !== undefined) return `no such file; did you mean "${join(directory, near)}"?`;
  }
  return 'no such file';
}

/** Where a checkout has its scenarios, for one that is named without it. */
const home = 'scenarios';

async function scenarioLike(name: string, directory: string): Promise<string | undefined> {
  const names = await readdir(directory).catch(() => []);
  const stem = (each: string): string => each.replace(/\.ya?ml$/, '');
  const scenarios = names.filter((each) => stem(each) !== each);
  const like = nearest(stem(name), scenarios.map(stem));
  return scenarios.find((each) => stem(each) === like);
}

/** UTF-8, with or without a byte-order mark. */
export function decodeText(bytes: Uint8Array, file: string): string {
  if (bytes.includes(0)) throw fileError(file, 'is a binary file; a scenario is YAML in UTF-8');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw fileError(file, 'is not UTF-8 text; a scenario is YAML in UTF-8');
  }
}

/** For `${file:…}`; the message of what it throws follows the path in a problem. */
export function readReferencedFile(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    const code = codeOf(error);
    const known: Readonly<Record<string, string>> = {
      ENOENT: 'no such file (paths are relative to the scenario)',
      EISDIR: 'is a directory',
      EACCES: 'may not be read by this user',
      ERR_ENCODING_INVALID_ENCODED_DATA: 'is not UTF-8 text',
    };
    throw new Error(known[code] ?? messageOf(error), { cause: error });
  }
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';

function fileError(file: string, message: string): ScenarioError {
  return new ScenarioError([{ file, line: 0, column: 0, message }]);
}

/** Variables of the `.env` in the scenario's directory; none where there is no such file. @throws ScenarioError */
export async function environmentBeside(file: string): Promise<NodeJS.Dict<string>> {
  const path = join(dirname(file), '.env');
  try {
    return parseEnv(await readFile(path, 'utf8'));
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return {};
    throw fileError(path, await reason(path, error));
  }
}
