import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../src/base/package-root.ts';
import { mutations } from '../../src/selftest/delivery/selftest.ts';

test('docs/delivery.md says how many kinds of mutations and controls the self-test has', () => {
  const text = readFileSync(join(packageRoot(), 'docs', 'delivery.md'), 'utf8');
  const [, planting, legal] =
    /\b(\d+) kinds each plant one thing .* (\d+) kinds of controls/.exec(text) ?? [];
  const controls = mutations.filter(({ plants }) => plants === 'none').length;
  expect([Number(planting), Number(legal)]).toEqual([mutations.length - controls, controls]);
});
