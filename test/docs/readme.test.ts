import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { expect, test } from 'vitest';
import { packageRoot } from '../../src/base/package-root.ts';
import { parseScenario } from '../../src/scenario/load.ts';

const read = (file: string): string => readFileSync(join(packageRoot(), file), 'utf8');
const blocks = [...read('README.md').matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text]) => text!);
const load = (text: string) =>
  parseScenario(text, { file: 'orders.yaml', env: { KAFKA_PASSWORD: 'x' }, readFile: () => 'x' });

test('the scenario of README.md loads', () => {
  expect(load(blocks[0]!).scenario.name).toBe('orders');
});

test.each([1, 2])('block %i of README.md replaces keys of that scenario', (i) => {
  const whole = { ...(parse(blocks[0]!) as object), ...(parse(blocks[i]!) as object) };
  expect(() => load(JSON.stringify(whole))).not.toThrow();
});

const pages = [
  ...[
    'README.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'bench/README.md',
    'test/standin/README.md',
  ],
  ...readdirSync(join(packageRoot(), 'docs')).map((name) => `docs/${name}`),
];

/** As GitHub makes them: lower case, without punctuation, a hyphen for each space. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\- _]/gu, '')
    .replaceAll(' ', '-');
const anchorsOf = (text: string): readonly string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchor(heading!));

test.each(pages)('the links of %s lead to what is there', (page) => {
  const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
  const broken = links
    .filter((link) => !/^https?:/.test(link))
    .filter((link) => {
      const [path, section] = link.split('#');
      const file = path === '' ? page : join(dirname(page), path!);
      if (!existsSync(join(packageRoot(), file))) return true;
      return section !== undefined && !anchorsOf(read(file)).includes(section);
    });
  expect(broken).toEqual([]);
});
