import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { comparisonJsonSchema } from './schema.ts';

it('is published as it is: if not, run `npx kafka-bench schema --comparison > results/compare.schema.json`', () => {
  const published = readFileSync(new URL('../../../results/compare.schema.json', import.meta.url), 'utf8');
  expect(published).toBe(`${JSON.stringify(comparisonJsonSchema(), null, 2)}\n`);
});
