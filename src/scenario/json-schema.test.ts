import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { unscopedMetrics } from '../base/metrics.ts';
import { scenarioJsonSchema } from './json-schema.ts';
import { loadScenario } from './load.ts';

interface Node {
  properties?: Record<string, Node>;
  items?: Node;
  anyOf?: Node[];
  description?: string;
  additionalProperties?: boolean | Node;
  default?: unknown;
}

const scenarios = join(import.meta.dirname, '..', '..', 'scenarios');
const schema = scenarioJsonSchema() as Node;

test('scenarios/scenario.schema.json is the schema’s', () => {
  const committed: unknown = JSON.parse(readFileSync(join(scenarios, 'scenario.schema.json'), 'utf8'));
  expect(committed, 'run: npx kafka-bench schema > scenarios/scenario.schema.json').toEqual(
    JSON.parse(JSON.stringify(schema)),
  );
});

/** Every mapping with named keys, with its path. */
function mappings(node: Node, path = ''): [string, Node][] {
  const inside = [
    ...Object.entries(node.properties ?? {}).flatMap(([key, each]) => mappings(each, `${path}.${key}`)),
    ...(node.anyOf ?? []).flatMap((each) => mappings(each, path)),
    ...(node.items ? mappings(node.items, `${path}[]`) : []),
  ];
  return node.properties ? [[path, node], ...inside] : inside;
}

test('it is strict everywhere, and an editor has a word to say on every key', () => {
  const all = mappings(schema);
  expect(all.length).toBeGreaterThan(25);
  expect(all.filter(([path, node]) => node.additionalProperties !== false && path !== '.expect')).toEqual([]);
  const silent = all.flatMap(([path, node]) =>
    Object.entries(node.properties!)
      .filter(([, each]) => !each.description)
      .map(([key]) => `${path}.${key}`),
  );
  expect(silent).toEqual([]);
});

test('metrics complete under expect', () => {
  const known = Object.keys(schema.properties!['expect']!.properties!);
  expect(known).toEqual(['delivery', ...unscopedMetrics()]);
});

describe('scenarios in the repository', () => {
  const files = readdirSync(scenarios).filter((file) => file.endsWith('.yaml'));
  test('there are some', () => expect(files.length).toBeGreaterThanOrEqual(4));
  test.each(files)(
    '%s is valid, without a warning, names its schema and says what it shows',
    async (file) => {
      const path = join(scenarios, file);
      const { scenario, warnings } = await loadScenario(path, { env: {} });
      expect(warnings).toEqual([]);
      expect(scenario.name).toBe(file.replace('.yaml', ''));
      expect(scenario.description).toBeTruthy();
      const text = readFileSync(path, 'utf8');
      expect(text.startsWith('# yaml-language-server: $schema=./scenario.schema.json\n')).toBe(true);
      expect(text.match(/^#/gm)!.length).toBeGreaterThan(4);
    },
  );
});
