import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchError, type Warning } from '../base/errors.ts';
import { samplesOf, type Sample } from '../judge/compare/sample.ts';
import { readResult } from '../results/read.ts';

/** What ab writes beside the results that it compared. */
export const comparisonFile = 'comparison.json';

/** One side of a comparison as the command line names it. */
export interface Input {
  readonly label: string;
  readonly samples: readonly Sample[];
  readonly warnings: readonly Warning[];
}

/**
 * Reads result files; a directory stands for the results in it.
 * @throws BenchError `usage` for a path that is not there and a directory without results, `results` for a file
 *   that is none.
 */
export async function readInput(paths: readonly string[]): Promise<Input> {
  const files = (await Promise.all(paths.map(resultFiles))).flat();
  const samples: Sample[] = [];
  const warnings: Warning[] = [];
  // One after the other: each may be megabytes of JSON.
  for (const file of files) {
    const read = await readResult(file);
    samples.push(...samplesOf(read.result, file));
    warnings.push(...read.warnings);
  }
  const [first = '', ...others] = paths;
  return { label: others.length === 0 ? first : `${first} and ${others.length} more`, samples, warnings };
}

async function resultFiles(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => null);
  if (found === null) {
    throw new BenchError('usage', `there is no ${path}`, {
      hint: 'name result files, as written to results/runs/, or a directory of them',
    });
  }
  if (!found.isDirectory()) return [path];
  const files = (await readdir(path))
    .filter((name) => name.endsWith('.json') && name !== comparisonFile)
    .sort();
  if (files.length === 0) {
    throw new BenchError('usage', `there is no result in ${path}`, {
      hint: `write some: kafka-bench run SCENARIO --results ${path}`,
    });
  }
  return files.map((name) => join(path, name));
}
