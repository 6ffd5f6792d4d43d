import { access, mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { BenchError, messageOf } from '../base/errors.ts';
import { packageRoot } from '../base/package-root.ts';
import { exitCodes, type ExitCode } from '../base/exit-codes.ts';
import { starterScenario } from '../scenario/starter.ts';
import type { Io } from './io.ts';

export interface InitArguments {
  readonly file?: string;
  readonly force?: boolean;
}

const usualName = 'scenario.yaml';

/**
 * Writes a commented starter scenario; into a directory that is named by itself, `scenario.yaml`.
 * @throws BenchError `usage` where the file is there already and `force` is not given, or cannot be written.
 */
export async function runInit(
  { file: given = usualName, force = false }: InitArguments,
  io: Io,
): Promise<ExitCode> {
  const file = (await isDirectory(given)) ? join(given, usualName) : given;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, starterScenario(await schemaFor(dirname(file))), { flag: force ? 'w' : 'wx' });
  } catch (error) {
    if (isExisting(error)) {
      throw new BenchError('usage', `${file} exists already`, {
        hint: '--force overwrites it',
        cause: error,
      });
    }
    throw new BenchError('usage', `cannot write ${file}: ${messageOf(error)}`, {
      hint: 'name another file',
      cause: error,
    });
  }
  io.out(`${file} written; next: kafka-bench validate ${file}`);
  return exitCodes.ok;
}

const isDirectory = (path: string): Promise<boolean> =>
  path.endsWith('/')
    ? Promise.resolve(true)
    : stat(path).then(
        (found) => found.isDirectory(),
        () => false,
      );

/** As an editor finds it from the scenario: beside it, else in this package. */
async function schemaFor(directory: string): Promise<string> {
  const schema = 'scenario.schema.json';
  const isBeside = await access(join(directory, schema)).then(
    () => true,
    () => false,
  );
  if (isBeside) return `./${schema}`;
  const path = relative(directory, join(packageRoot(), 'scenarios', schema));
  const shown = path.split(sep).join('/');
  // Another drive has no relative path.
  return isAbsolute(path) || shown.startsWith('.') ? shown : `./${shown}`;
}

const isExisting = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'EEXIST';
