import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runFiles } from '../results/journal.ts';
import { runResultOf } from '../results/sample.case.ts';
import { parseScenario } from '../scenario/load.ts';
import { SeriesResult } from './series-result.ts';

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'kafka-bench-series-'))));
afterEach(() => rmSync(directory, { recursive: true }));

const loaded = parseScenario('producers: [{ name: w, topic: t }]', {
  file: 'x.yaml',
  env: {},
  readFile: () => '',
});

it('what cannot be written is kept to be shown, with the reason, and written when it can be', () => {
  const place = join(directory, 'results');
  writeFileSync(place, 'a file where the directory should be');
  const files = runFiles(place, new Date(0), 'x', 'abcd');
  const series = new SeriesResult(loaded);
  series.add({ result: runResultOf(), files });
  expect(series.joined.result.trials).toHaveLength(1);
  expect(series.joined.unwritten).toMatchObject({
    code: 'results',
    hint: expect.stringContaining('--results') as string,
  });

  rmSync(place);
  mkdirSync(place);
  series.add({ result: runResultOf(), files });
  expect(series.joined.unwritten).toBeUndefined();
  expect(existsSync(files.result)).toBe(true);
});
