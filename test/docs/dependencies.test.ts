import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(resolve(root, file), 'utf8');

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}
const manifest = JSON.parse(read('package.json')) as Manifest;
const lock = JSON.parse(read('package-lock.json')) as {
  readonly packages: Readonly<Record<string, { readonly version: string }>>;
};
const page = read('docs/dependencies.md');

/** The rows of the table below a heading, each as its cells. */
function table(heading: string): readonly (readonly string[])[] {
  const below = page.slice(page.indexOf(`## ${heading}\n`)).split('\n');
  const from = below.findIndex((line) => line.startsWith('|'));
  const end = below.findIndex((line, i) => i > from && !line.startsWith('|'));
  const cells = (line: string): string[] => line.split('|').map((cell) => cell.trim());
  return below.slice(from + 2, end).map((line) => cells(line).slice(1));
}

test('what runs is pinned to the version of the lock file, and the page says why it is there', () => {
  const pinned = Object.keys(manifest.dependencies).map((name) => [
    name,
    lock.packages[`node_modules/${name}`]!.version,
  ]);
  expect(Object.entries(manifest.dependencies)).toEqual(pinned);
  const below = page.slice(page.indexOf('## What runs\n'), page.indexOf('## What checks it\n'));
  const listed = [...below.matchAll(/^- \*\*(.+)\*\* (\S+)$/gm)].map(([, name, version]) => [name, version]);
  expect(listed).toEqual(pinned);
});

test('the page has every development dependency', () => {
  expect(table('What checks it').map(([name]) => name)).toEqual(Object.keys(manifest.devDependencies));
});
