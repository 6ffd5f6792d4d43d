import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { releases } from '../../src/base/kafka-version.ts';
import { packageRoot } from '../../src/base/package-root.ts';

test('docs/kafka-versions.md has a row for each line that can be asked for by name', () => {
  const text = readFileSync(join(packageRoot(), 'docs', 'kafka-versions.md'), 'utf8');
  const rows = [...text.matchAll(/^\| (\d+\.\d+) +\| (\d+\.\d+\.\d+) +\| pass +\|$/gm)];
  expect(rows.map(([, line, release]) => [line, release])).toEqual(Object.entries(releases));
});
