import { access, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BenchError, messageOf } from '../base/errors.ts';
import { exitCodes, type ExitCode } from '../base/exit-codes.ts';
import { starterScenario } from '../scenario/starter.ts';
import type { Io } from './io.ts';

export interface InitArguments {
  readonly file?: string;
  readonly force?: boolean;
}

/**
 * Writes a commented starter scenario.
 * @throws BenchError `usage` where the file is there already and `force` is not given, or cannot be written.
 */
export async function runInit(
  { file = 'scenario.yaml', force = false }: InitArguments,
  io: Io,
): Promise<ExitCode> {
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

const isExisting = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'EEXIST';
