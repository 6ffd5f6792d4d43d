import { access, mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BenchError, messageOf } from '../base/errors.ts';
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
  const schema = 'scenario.schema.json';
  const hasSchema = await access(join(dirname(file), schema)).then(
    () => true,
    () => false,
  );
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, starterScenario(hasSchema ? `./${schema}` : null), { flag: force ? 'w' : 'wx' });
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

const isExisting = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'EEXIST';
