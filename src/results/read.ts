import { readFile } from 'node:fs/promises';
import { BenchError, messageOf, type Warning } from '../base/errors.ts';
import { runResult, schemaVersion, type RunResult } from './schema.ts';

/**
 * Reads a result of the same major version; a newer minor one is read with a warning.
 * @throws BenchError `results` where the file is missing, is no result, or of another major version.
 */
export async function readResult(path: string): Promise<{ result: RunResult; warnings: readonly Warning[] }> {
  const json = parseJson(await readText(path), path);
  const version = (json as { schemaVersion?: unknown } | null)?.schemaVersion;
  if (typeof version !== 'string') {
    throw new BenchError('results', `${path} is not a kafka-bench result: it has no schemaVersion`);
  }
  const [major = '', minor = ''] = version.split('.');
  const [ourMajor = '', ourMinor = ''] = schemaVersion.split('.');
  if (major !== ourMajor) {
    throw new BenchError(
      'results',
      `${path} has result format ${version}, and this version reads ${ourMajor}.x`,
      {
        hint: 'read it with the kafka-bench version that wrote it',
      },
    );
  }
  const parsed = runResult.safeParse(json);
  if (!parsed.success) {
    const first = parsed.error.issues[0];
    throw new BenchError(
      'results',
      `${path} is damaged: ${first ? `${first.path.join('.')}: ${first.message}` : 'it does not fit the format'}`,
    );
  }
  const warnings =
    Number(minor) > Number(ourMinor)
      ? [
          {
            code: 'newer-result',
            message: `${path} was written by a newer version (${version}); new fields are ignored`,
          },
        ]
      : [];
  return { result: parsed.data, warnings };
}

const hint = 'name a result file, as written to results/runs/';

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new BenchError('usage', `there is no ${path}`, { hint, cause: error });
    throw new BenchError('results', `cannot read ${path}: ${messageOf(error)}`, { hint, cause: error });
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Its own message quotes the file, over several lines.
    throw new BenchError('results', `${path} is not a kafka-bench result: it is no JSON`, {
      hint,
      cause: error,
    });
  }
}
