import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseScenario } from './load.ts';
import { ScenarioError } from './problem.ts';

// Each case: `=== title`, the scenario, `---` and what it says. UPDATE_GOLDEN=1 writes what it says now: read it.
const golden = new URL('./golden/broken.txt', import.meta.url);
const cases = readFileSync(golden, 'utf8')
  .split(/^=== /m)
  .slice(1)
  .map((part) => {
    const [title = '', ...lines] = part.split('\n');
    const [text = '', expected = ''] = lines.join('\n').split(/^-{10}\n/m);
    return { title, text: text.replaceAll('→', '\t'), expected, written: text };
  });

function complaint(text: string): string {
  try {
    parseScenario(text, {
      file: 'x.yaml',
      env: { PASSWORD: 'correct-horse', EMPTY: '' },
      readFile: (path) => {
        if (path === 'ca.pem') return '-----BEGIN CERTIFICATE-----\n';
        throw new Error('no such file (paths are relative to the scenario)');
      },
    });
    return 'valid\n';
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return `${error.message}\n`;
  }
}

if (process.env['UPDATE_GOLDEN']) {
  const parts = cases.map(
    ({ title, text, written }) => `=== ${title}\n${written}----------\n${complaint(text)}\n`,
  );
  writeFileSync(golden, parts.join(''));
}

test.each(cases)('$title', ({ text, expected }) => {
  expect(`${complaint(text)}\n`).toBe(expected);
});

test('no message is zod’s own wording', () => {
  const all = cases.map(({ expected }) => expected).join('');
  expect(cases.length).toBeGreaterThan(40);
  expect(all).not.toMatch(/Invalid (input|type|option)|Unrecognized|Too (small|big)|undefined|\[object/);
});
