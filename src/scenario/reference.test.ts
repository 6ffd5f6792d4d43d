import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { metricNames, supportedMetrics } from '../metrics/metrics.ts';
import { parseScenario } from './load.ts';
import { examples, scenarioReference } from './reference.ts';
import { scenarioJsonSchema } from './json-schema.ts';

const page = scenarioReference();

it('names every key of the grammar, in a table, with what it is for', () => {
  const keysOf = (node: unknown): string[] => {
    if (typeof node !== 'object' || node === null) return [];
    const { properties, title } = node as { properties?: Record<string, unknown>; title?: string };
    if (title === 'librdkafka properties') return [];
    const own = Object.keys(properties ?? {}).filter((key) => !key.includes('.'));
    return [...own, ...Object.values(node).flatMap(keysOf)];
  };
  const keys = [...new Set(keysOf(scenarioJsonSchema()))].filter(
    (key) => !(key in { ...Object.fromEntries(metricNames.map((each) => [each, 1])), delivery: 1 }),
  );
  expect(keys.length).toBeGreaterThan(100);
  const listed = new Set([...page.matchAll(/^\| `([^`]+)`/gm)].map(([, key]) => key!.split('.').at(-1)!));
  expect(keys.filter((key) => !listed.has(key))).toEqual([]);
  for (const metric of supportedMetrics) expect(listed).toContain(metric);
  expect(
    page
      .split('\n')
      .filter(
        (line) =>
          /^\| `/.test(line) &&
          /\|\s*\|\s*[^|]*\|$/.test(line.replace(/\\\|/g, '')) &&
          line.split(' | ')[3] === '',
      ),
  ).toEqual([]);
});

it('is what docs/scenarios.md says, but for the width of its tables', () => {
  const plain = (text: string): string =>
    text
      .replace(/ *\| */g, '|')
      .replace(/-{3,}/g, '---')
      .replace(/\s+/g, ' ');
  const committed = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'scenarios.md'), 'utf8');
  expect(plain(committed), 'run: npm run generate').toBe(plain(page));
});

it('has examples that load', () => {
  const top = ['phases', 'verify', 'topics', 'faults', 'expect', 'cluster'];
  const of = (keys: readonly string[]): string => keys.map((key) => examples[key]!).join(', ');
  const producer = of(['topic', 'rate', 'value', 'key', 'headers', 'flush', 'stop', 'client']);
  const consumer = of(['topic', 'group', 'mode', 'commit', 'processing', 'deadLetter', 'stop']);
  const text = [
    ...top.map((key) => examples[key]!),
    `producers: [{ name: writer, ${producer} }]`,
    `consumers: [{ name: reader, ${consumer} }]`,
  ].join('\n');
  const load = (scenario: string) => parseScenario(scenario, { file: 'x.yaml', env: {}, readFile: () => '' });
  expect(() => load(text)).not.toThrow();
  const others = ['version', 'bootstrap', 'config', 'producers', 'consumers'];
  expect(
    Object.keys(examples)
      .filter((key) => !text.includes(examples[key]!))
      .sort(),
  ).toEqual(others.sort());
  for (const key of ['version', 'bootstrap'])
    expect(() => load(`cluster: { ${examples[key]!} }\n${examples['producers']!}`)).not.toThrow();
  expect(() =>
    load(
      `topics: [{ name: orders, ${examples['config']!} }]\n${examples['producers']!}\n${examples['consumers']!}`,
    ),
  ).not.toThrow();
});
