import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { unscopedMetrics } from '../metrics/metrics.ts';
import { scenarioJsonSchema } from './json-schema.ts';
import { loadScenario, parseScenario } from './load.ts';

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
const holds = new Ajv({ strict: false }).compile(schema);

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
  expect(all.filter(([, node]) => node.additionalProperties !== false)).toEqual([]);
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

describe('an editor', () => {
  const loads = (text: string): boolean => {
    try {
      parseScenario(text, { file: 'x.yaml', env: { X: '5' }, readFile: () => '' });
      return true;
    } catch {
      return false;
    }
  };
  const producer = (more: string) => `producers: [{ name: w, topic: t, ${more} }]`;
  const consumer = (more: string) =>
    `${producer('rate: 10/s')}\nconsumers: [{ name: r, topic: t, group: g, ${more} }]`;
  const expecting = (gate: string) => `${consumer('count: 1')}\nexpect: { ${gate} }`;

  test.each([
    producer('rate: 5k/s, for: 1.5m, value: { bytes: 1KiB }, count: 2'),
    producer('rate: "300 / m", messages: 1M'),
    producer('messages: "${env:X}", rate: "${env:X}/s"'),
    producer('tombstones: 5%, envelope: header'),
    producer('tombstones: 0.05, envelope: header'),
    producer(
      'client: { acks: all, linger.ms: 0.5, compression.type: LZ4, enable.idempotence: 1, retries: 1e3 }',
    ),
    producer('client: { acks: "${env:X}", batch.num.messages: 0x10, socket.keepalive.enable: "True" }'),
    consumer('client: { auto.offset.reset: earliest, group.protocol: consumer }, start: { acked: 5 }'),
    expecting(
      'throughput: ">= 10/s", lost: 0, scheduleDelay.max: 0, ack.p99: "<= 1.5s", w.ack.p90: < 1h, g.lag@5s: "10"',
    ),
    expecting('errors: 0, errors._TIMED_OUT: "<= 3", g.share.min@1s..5s: ">= 20%", delivery: at-least-once'),
    'cluster: { kind: local, config: { num.io.threads: 4 } }\nproducers: [{ name: w, topic: t }]\nfaults: [{ at: 5s, pause: { leaderOf: { topic: t, partition: 0 } }, for: 2s }]',
  ])('takes what a run takes: %s', (text) => {
    expect(loads(text)).toBe(true);
    expect(holds(parse(text)), JSON.stringify(holds.errors)).toBe(true);
  });

  test.each([
    producer('rate: 500'),
    producer('rate: 5/d'),
    producer('for: 10'),
    producer('for: 10 minutes'),
    producer('value: { bytes: 1Kb }'),
    producer('messages: 10K'),
    producer('messages: 0'),
    producer('tombstones: 5 percent, envelope: header'),
    producer('client: { lingr.ms: 5 }'),
    producer('client: { linger.ms: 5ms }'),
    producer('client: { batch.num.messages: 0 }'),
    producer('client: { compression.type: lz }'),
    producer('client: { enable.idempotence: yes }'),
    producer('client: { bootstrap.servers: "a:1" }'),
    producer('client: { debug: all }'),
    consumer('client: { group.id: x }'),
    expecting('ack.p98: "<= 5ms"'),
    expecting('ack: "<= 5ms"'),
    expecting('ack.p99: "<= 5"'),
    expecting('ack.p99: 5'),
    expecting('throughput: ">= 10ms"'),
    expecting('w.ack.p99@sometime: "<= 5ms"'),
    'producers: [{ name: w, topic: t }]\nfaults: [{ at: 5, pause: kafka1 }]',
  ])('marks what a run refuses: %s', (text) => {
    expect(loads(text)).toBe(false);
    expect(holds(parse(text))).toBe(false);
  });
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
      expect(holds(parse(readFileSync(path, 'utf8'))), JSON.stringify(holds.errors)).toBe(true);
      expect(scenario.name).toBe(file.replace('.yaml', ''));
      expect(scenario.description).toBeTruthy();
      const text = readFileSync(path, 'utf8');
      expect(text.startsWith('# yaml-language-server: $schema=./scenario.schema.json\n')).toBe(true);
      expect(text.match(/^#/gm)!.length).toBeGreaterThan(4);
    },
  );
});
