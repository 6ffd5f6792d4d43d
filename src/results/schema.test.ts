import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { resultJsonSchema, runResult } from './schema.ts';
import { runResultOf } from './sample.case.ts';

it('is published as it is: if not, run `npx kafka-bench schema --result > results/result.schema.json`', () => {
  const published = readFileSync(new URL('../../results/result.schema.json', import.meta.url), 'utf8');
  expect(published).toBe(`${JSON.stringify(resultJsonSchema(), null, 2)}\n`);
});

it('says what each unit is, for those who read results without this program', () => {
  const text = JSON.stringify(resultJsonSchema());
  expect(text).toContain('"http://json-schema.org/draft-07/schema#"');
  for (const word of [
    'microseconds',
    'bytes',
    'messages per second',
    'null until an audit has read the log',
  ]) {
    expect(text).toContain(word);
  }
});

it('takes a result as runs write it, and keeps all of it', () => {
  const result = runResultOf();
  expect(runResult.parse(result)).toEqual(result);
});
