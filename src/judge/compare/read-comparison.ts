import { readFile } from 'node:fs/promises';
import { BenchError, messageOf } from '../../base/errors.ts';
import { comparison, comparisonVersion, type Comparison } from './schema.ts';

/**
 * Reads what `compare --format json` wrote.
 * @throws BenchError `usage` where the file is missing, `results` where it is no comparison, or of another major version.
 */
export async function readComparison(path: string): Promise<Comparison> {
  const json = await readJson(path);
  const version = (json as { schemaVersion?: unknown } | null)?.schemaVersion;
  const major = (text: unknown) => String(text).split('.')[0];
  const parsed = comparison.safeParse(json);
  if (parsed.success && major(version) === major(comparisonVersion)) return parsed.data;
  throw new BenchError('results', `${path} is no comparison that this version reads`, {
    hint: 'write it with: kafka-bench compare BASE CANDIDATE --format json',
  });
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new BenchError('usage', `there is no ${path}`, { hint: 'name what compare --format json wrote' });
    throw new BenchError('results', `cannot read ${path}: ${messageOf(error).split('\n')[0] ?? ''}`, {
      cause: error,
    });
  }
}
