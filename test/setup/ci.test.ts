import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryDirectory, writeBelow } from './temporary-directory.ts';
import { skippedBelow } from '../requirements.ts';

const script = (name: string) => resolve(import.meta.dirname, '../../.ci', name);

function run(name: string, args: string[], cwd = temporaryDirectory()) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script(name), ...args], {
    cwd,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe.skipIf(skippedBelow('all'))('the last line of CI', () => {
  const file = (status: string, ...tests: string[]) => ({
    status,
    assertionResults: tests.map((each) => ({ status: each })),
  });
  const count = (files: object[], ...failedSteps: string[]) => {
    const folder = temporaryDirectory();
    // Each report counts.
    files.forEach((each, i) => writeBelow(folder, `${i}.json`, JSON.stringify({ testResults: [each] })));
    if (files.length === 0) writeBelow(folder, 'none.json', JSON.stringify({ testResults: [] }));
    return run('count-tests.mjs', [folder, ...failedSteps]);
  };

  test.each([
    ['all pass', [file('passed', 'passed', 'passed'), file('passed', 'passed')], [], 0, '3 passed, 0 failed'],
    ['a skip is named', [file('passed', 'passed', 'skipped')], [], 0, '1 passed, 0 failed, 1 skipped'],
    [
      'a todo is a skip',
      [file('passed', 'passed', 'todo', 'pending')],
      [],
      0,
      '1 passed, 0 failed, 2 skipped',
    ],
    ['a test fails', [file('failed', 'passed', 'failed')], ['tests'], 1, '1 passed, 1 failed'],
    ['a file does not load', [file('passed', 'passed'), file('failed')], ['tests'], 1, '1 passed, 1 failed'],
    ['a hook fails', [file('failed', 'skipped')], ['tests'], 1, '0 passed, 1 failed, 1 skipped'],
    ['a step fails', [file('passed', 'passed')], ['lint', 'docker'], 1, '1 passed, 2 failed'],
    ['an error outside any test', [file('passed', 'passed')], ['tests'], 1, '1 passed, 1 failed'],
    ['a test and a step fail', [file('failed', 'failed')], ['lint', 'tests'], 1, '0 passed, 2 failed'],
    ['no tests ran', [], [], 1, '0 passed, 0 failed'],
    ['all skipped', [file('passed', 'skipped')], [], 1, '0 passed, 0 failed, 1 skipped'],
  ])('%s', (_, files, steps, status, line) => {
    expect(count(files, ...steps)).toMatchObject({ status, stdout: `${line}\n` });
  });

  test('without a report CI fails', () => {
    for (const folder of ['missing', temporaryDirectory()])
      expect(run('count-tests.mjs', [folder, 'tests'])).toMatchObject({
        status: 1,
        stdout: '0 passed, 1 failed\n',
      });
  });
});

describe.skipIf(skippedBelow('all'))('the acceptance check', () => {
  const result = (kind: string, sent: number, received: number) =>
    JSON.stringify({
      cluster: { kind },
      trials: [{ totals: { producers: { messages: sent }, consumers: { messages: received } } }],
    });
  const check = (...results: string[]) => {
    const cwd = temporaryDirectory();
    writeBelow(cwd, 'results/runs/.gitkeep');
    results.forEach((text, index) => writeBelow(cwd, `results/runs/${index}.json`, text));
    return run('check-acks0.mjs', ['local'], cwd).status;
  };

  test('accepts 1000 sent and received on the kind asked for, and nothing else', () => {
    expect(check(result('local', 1000, 1000))).toBe(0);
    expect(check(result('mock', 1000, 1000))).toBe(1);
    expect(check(result('local', 999, 1000))).toBe(1);
    expect(check(result('local', 1000, 999))).toBe(1);
    expect(check()).toBe(1);
    expect(check(result('local', 1000, 1000), result('local', 1000, 1000))).toBe(1);
  });
});
