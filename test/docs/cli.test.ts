import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exitCodes } from '../../src/base/exit-codes.ts';
import { packageRoot } from '../../src/base/package-root.ts';
import { commands } from '../../src/cli/commands/all.ts';
import { everyCommand } from '../../src/cli/commands/command.ts';
import { otherVariables, variableOf } from '../../src/cli/commands/environment.ts';

const page = readFileSync(join(packageRoot(), 'docs', 'cli.md'), 'utf8');

/** The list below a heading, each entry with its indented lines. */
function entries(heading: string): readonly string[] {
  const from = page.indexOf(`## ${heading}\n`);
  const list = page.slice(from, page.indexOf('\n\n', page.indexOf('\n- ', from)));
  return list.split('\n- ').slice(1);
}

const every = everyCommand(commands);

test('docs/cli.md has every command, in the order of the help', () => {
  const named = entries('Commands').map((entry) => /^`([a-z ]*[a-z])/.exec(entry)?.[1]);
  expect(named.map((name) => every.find(([each]) => `${name} `.startsWith(`${each} `))?.[0])).toEqual(
    every.map(([name]) => name),
  );
});

test('docs/cli.md shows no option that its command does not have', () => {
  const list = entries('Commands');
  for (const [i, [name, { options }]] of every.entries()) {
    const shown = [...list[i]!.matchAll(/`--([a-z-]+)/g)].map(([, option]) => option);
    expect(
      shown.filter((option) => !(option! in options)),
      name,
    ).toEqual([]);
  }
});

test('docs/cli.md has every variable that is no option', () => {
  const text = entries('Environment variables').join('\n');
  const shown = [...text.matchAll(/KAFKA_BENCH_[A-Z_]+/g)].map(([name]) => name);
  const ofOptions = ['trials', 'bootstrap'].map(variableOf);
  expect(shown.sort()).toEqual([...otherVariables, ...ofOptions].sort());
});

test('docs/cli.md has every exit code', () => {
  const codes = entries('Exit codes').map((entry) => Number(/^`(\d+)`/.exec(entry)?.[1]));
  expect(codes).toEqual(Object.values(exitCodes));
});
