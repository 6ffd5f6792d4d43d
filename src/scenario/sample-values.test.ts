import { describe, expect, test } from 'vitest';
import { seededRandom } from '../base/random.ts';
import { Template } from '../workload/templates.ts';
import { sampleValues } from './sample-values.ts';

describe('samples are what the producer’s own templates give', () => {
  test.each([
    ['${seq}', /^\d+$/],
    ['${uuid}', /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/],
    ['${now}', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/],
    ['${producer}', /^writer$/],
    ['${random:int:-3:12}', /^(-[123]|\d|1[012])$/],
    ['${random:text:70}', /^[\w-]{70}$/],
    ['{"a": "x${seq}", "b": [${random:int:5:5}]}', /^\{"a": "x\d+", "b": \[5\]\}$/],
  ])('%s', (template, form) => {
    const real = new Template(template, {
      random: seededRandom(1),
      producer: 'writer',
      wallClock: () => 0,
    });
    expect(real.text(3)).toMatch(form);
    for (const sample of sampleValues(template, 'writer')) expect(sample).toMatch(form);
  });
});

test('numbers are told at the ends of their ranges', () => {
  expect(sampleValues('${seq} ${random:int:-10:10}', 'writer', 1000)).toEqual(['0 -10', '499 0', '999 10']);
});
