/**
 * docs/scenarios.md: the grammar for readers, a table a mapping, written from the JSON Schema and from the registry of
 * metrics. `npm run generate` writes it; nothing in it is kept anywhere else, but for the frame at its end.
 */
import {
  latencyStatistics,
  type Metric,
  metricNames,
  metrics,
  supportedMetrics,
} from '../metrics/metrics.ts';
import { scenarioJsonSchema } from './json-schema.ts';
import { unsupportedKeys } from './support.ts';

interface Node {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Node[];
  readonly allOf?: readonly Node[];
  readonly items?: Node | readonly Node[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Node;
  readonly $ref?: string;
  readonly definitions?: Readonly<Record<string, Node>>;
}

/** The whole page, Markdown. */
export function scenarioReference(): string {
  const root = scenarioJsonSchema() as Node;
  const { target } = root.definitions!;
  const keys = Object.entries(root.properties!);
  const large = keys.filter(([, node]) => mappingsOf(node).length > 0 && node.title === undefined);
  return [
    introduction,
    table(rows(root, '', '', true)),
    ...large.flatMap(([key, node]) => {
      if (key === 'expect') return [`## expect\n\n${sentence(node)}`, expectations, metricTable()];
      const inside = mappingsOf(node).flatMap((each) => rows(each, key, '', false));
      return [`## ${key}\n\n${sentence(node)}`, table(inside)];
    }),
    `## Targets of faults\n\nA broker such as \`kafka2\`, \`controller\`, \`random\`, or one of:`,
    table(mappingsOf(target!).flatMap((each) => rows(each, 'target', '', false))),
    frame,
  ]
    .map((part) => `${part}\n`)
    .join('\n');
}

interface Row {
  readonly key: string;
  readonly type: string;
  readonly fallback: string;
  readonly about: string;
  readonly example: string;
}

/** A mapping's keys, those of mappings inside indented by their path. */
function rows(mapping: Node, section: string, path: string, flat: boolean): Row[] {
  return Object.entries(mapping.properties ?? {}).flatMap(([key, node]): Row[] => {
    const name = `${path}${key}`;
    const isRequired = mapping.required?.includes(key) === true;
    const row = {
      key: name,
      type: typeOf(node),
      fallback: isRequired ? 'required' : defaultOf(node),
      about: unsupported.has([section, name].filter(Boolean).join('.'))
        ? `Not yet supported. ${sentence(node)}`
        : sentence(node),
      example: exampleOf(`${section}.${name}`, key, node),
    };
    if (flat) return [row];
    return [row, ...mappingsOf(node).flatMap((each) => rows(each, section, `${name}.`, false))];
  });
}

/** Entries of lists have no step of their own here. */
const unsupported = new Set(unsupportedKeys.map((pattern) => pattern.replaceAll('.*', '')));

/** Those that the value may be, in a list or not. A definition has a section of its own. */
function mappingsOf(node: Node): Node[] {
  if (node.properties !== undefined) return [node];
  const inList = itemsOf(node);
  return [...(node.anyOf ?? []), ...(inList === undefined ? [] : [inList])].flatMap(mappingsOf);
}

const itemsOf = ({ items }: Node): Node | undefined => (Array.isArray(items) ? undefined : (items as Node));

function typeOf(node: Node): string {
  const reference = node.$ref ?? node.allOf?.[0]?.$ref;
  if (reference === '#/definitions/target') return 'target';
  if (reference !== undefined) return 'librdkafka properties';
  if (node.enum !== undefined) return node.enum.map((each) => code(each)).join(', ');
  if (node.const !== undefined) return code(node.const);
  if (
    node.anyOf?.some(({ type }) => type === 'boolean') === true &&
    node.anyOf.every(({ type, const: only }) => type === 'boolean' || only !== undefined)
  )
    return 'true or false';
  if (node.anyOf !== undefined) return [...new Set(node.anyOf.map(typeOf))].join(' or ');
  if (node.title !== undefined) return node.title;
  if (node.type === 'array') {
    const inList = itemsOf(node);
    return inList === undefined
      ? 'pair'
      : typeOf(inList) === 'any'
        ? 'list'
        : `list of ${plural(typeOf(inList))}`;
  }
  if (node.type === 'object') {
    return node.properties === undefined
      ? 'mapping'
      : `{ ${Object.keys(node.properties).slice(0, 4).join(', ')}${Object.keys(node.properties).length > 4 ? ' …' : ''} }`;
  }
  if (node.type === undefined) return 'any';
  return [node.type]
    .flat()
    .map((each) => words[each] ?? each)
    .join(' or ');
}

const words: Readonly<Record<string, string>> = { string: 'text', boolean: 'true or false' };

const plural = (type: string): string => (/^[a-z]+$/.test(type) && type !== 'text' ? `${type}s` : type);

function defaultOf(node: Node): string {
  const value = node.default;
  if (value === undefined || (typeof value === 'object' && Object.keys(value ?? {}).length === 0)) return '';
  return code(value);
}

/** Of the schema, else a key's own, else a word that it takes. */
function exampleOf(place: string, key: string, node: Node): string {
  const own = place in placeExamples ? placeExamples[place] : examples[key];
  if (own !== undefined) return `\`${own}\``;
  const found = firstOf(
    node,
    ({ examples: given, enum: choices, const: only }) => given?.[0] ?? only ?? choices?.at(-1),
  );
  return found === undefined
    ? ''
    : `\`${key}: ${typeof found === 'string' ? found : JSON.stringify(found)}\``;
}

function firstOf(node: Node, find: (node: Node) => unknown): unknown {
  const found = find(node);
  if (found !== undefined) return found;
  for (const each of node.anyOf ?? []) {
    const inside = firstOf(each, find);
    if (inside !== undefined) return inside;
  }
  return undefined;
}

/** Of keys that take texts, lists and mappings, whose form the schema does not show. reference.test.ts loads them. */
export const examples: Readonly<Record<string, string>> = {
  cluster: 'cluster: { kind: local, brokers: 3 }',
  version: 'version: 3.9',
  bootstrap: 'bootstrap: "broker1:9092,broker2:9092"',
  topics: 'topics: [{ name: orders, partitions: 3 }]',
  topic: 'topic: orders',
  producers: 'producers: [{ name: writer, topic: orders, rate: 1000/s }]',
  consumers: 'consumers: [{ name: reader, topic: orders, group: billing }]',
  group: 'group: billing',
  rate: 'rate: { from: 1k/s, to: 20k/s, over: 60s }',
  value: 'value: { json: { id: "${uuid}", number: "${seq}" } }',
  key: 'key: { uniform: 1000 }',
  headers: 'headers: { trace: "${uuid}" }',
  flush: 'flush: { every: 100 }',
  mode: 'mode: { batch: 500, wait: 50ms }',
  commit: 'commit: { every: 100 }',
  processing: 'processing: { time: 2ms, failures: 1% }',
  deadLetter: 'deadLetter: { topic: dead, afterAttempts: 3 }',
  stop: 'stop: { at: 10s, how: kill }',
  client: 'client: { acks: all, linger.ms: 5 }',
  config: 'config: { min.insync.replicas: 2 }',
  phases: 'phases: { warmup: 2s, measure: 30s }',
  faults: 'faults: [{ at: 10s, kill: { leaderOf: { topic: orders, partition: 0 } } }]',
  verify: 'verify: { audit: tail }',
  expect: 'expect: { delivery: at-least-once, writer.ack.p99: "<= 100ms" }',
};

/** Where a key is another thing than elsewhere. */
const placeExamples: Readonly<Record<string, string | undefined>> = {
  'security.key': 'key: client.key',
  'consumers.topics': 'topics: [orders, payments]',
  'faults.stop': 'stop: kafka2',
  'producers.rate.rate': 'rate: 1000/s',
  'pipelines.client': undefined,
};

const sentence = ({ description }: Node): string => description ?? '';
const code = (value: unknown): string => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
const cell = (text: string): string => text.replace(/[|<]/g, '\\$&').replaceAll('\n', ' ');

function table(list: readonly Row[]): string {
  // Alternatives may share keys: one entry, or a list of the same.
  const once = [...new Map(list.map((row) => [row.key, row])).values()];
  return markdown(
    ['key', 'type', 'default', 'what', 'example'],
    once.map(({ key, type, fallback, about, example }) => [`\`${key}\``, type, fallback, about, example]),
  );
}

function metricTable(): string {
  const list = metricNames.filter((name) => supportedMetrics.has(name));
  return markdown(
    ['metric', 'statistics', 'unit', 'of', 'what'],
    list.map((name) => {
      const { statistics, unit, sides, about }: Metric = metrics[name];
      const after =
        statistics === latencyStatistics
          ? 'latency'
          : statistics === 'codes'
            ? 'error code, or none'
            : (statistics?.join(', ') ?? '');
      return [`\`${name}\``, after, unit, ['run', ...sides].join(', '), about];
    }),
  );
}

function markdown(head: readonly string[], list: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...list.map(line)].join('\n');
}

const introduction = `# Scenarios

Every key of a scenario, generated from its schema by \`npm run generate\`. \`kafka-bench init\` writes a scenario to start from, \`kafka-bench validate FILE\` checks one, and [scenarios/](../scenarios) has one for every lesson.

- Durations: \`500ms\`, \`10s\`, \`2m\`, \`1h\`. Sizes: \`100\`, \`1KiB\`, \`1MB\`. Rates: \`2/s\`, \`5k/s\`, \`300/m\`. Numbers: \`1000\`, \`10k\`, \`1M\`. Shares: \`5%\`, \`0.05\`.
- Times count from the start of the measured phase.
- An unknown key, a wrong unit or an impossible combination is an error with its line and the nearest valid name. A key that this version cannot execute yet is refused by name, never ignored.
- Under \`client\` stand librdkafka's own properties, by any of their names: \`acks\` and \`request.required.acks\` are one. Their values are checked against the table of the installed librdkafka, those under \`config\` against Kafka's types. librdkafka would read \`64KiB\` as 64 and \`010\` as 8, so both are refused; \`1e4\` is passed on as 10000.
- \`\${env:NAME}\`, \`\${env:NAME:-default}\` and \`\${file:PATH}\` may stand in any value; a \`.env\` beside the scenario is read too. Paths are relative to the scenario.
- Keys, headers and values know \`\${seq}\`, \`\${uuid}\`, \`\${now}\`, \`\${producer}\`, \`\${random:int:1:100}\` and \`\${random:text:20}\`.
- \`--set producers.writer.rate=500/s\` replaces a value for one run.`;

const expectations = `A metric is written \`[scope.]metric[.statistic][@window]\`: \`writer.ack.p99\`, \`billing.lag@30s\`, \`ack.p99@during\`. The scope is the name of a producer, consumer or group; without one the whole run counts. Statistics of a latency: ${latencyStatistics.map((each) => `\`${each}\``).join(', ')}. A window is \`before\`, \`during\` or \`after\` the faults, a range such as \`@20s..60s\`, or a moment such as \`@30s\` (lag alone). A bound is \`"<= 500ms"\`, \`">= 1980/s"\`, \`"< 10"\`, \`">= 20%"\` or a number. \`delivery\` is \`at-most-once\`, \`at-least-once\`, \`exactly-once\` or \`none\`.`;

const frame = `## Environment variables

| variable | what |
| --- | --- |
| \`KAFKA_BENCH_BOOTSTRAP\` | \`host:port,host:port\` of a cluster that runs; \`--bootstrap\` goes before it |
| \`KAFKA_BENCH_CACHE\` | where the native binding, Kafka's jars and local clusters are kept; default \`~/.cache/kafka-bench\` |
| \`KAFKA_BENCH_TRIALS\`, \`KAFKA_BENCH_SET\` … | every option of a command, in capitals and with \`_\` for \`-\`; the command line goes before it |

## Editors

The first line of a scenario names its schema, and \`kafka-bench init\` writes it:

\`\`\`yaml
# yaml-language-server: $schema=./scenario.schema.json
\`\`\`

- Visual Studio Code: install the extension YAML (redhat.vscode-yaml); nothing else is needed.
- Neovim, Helix, Emacs and others with yaml-language-server: the same line is read.
- JetBrains: Settings, Languages & Frameworks, Schemas and DTDs, JSON Schema Mappings: name the schema and the scenarios.

Keys, units, metric names and librdkafka's properties are completed, and wrong ones are marked. \`kafka-bench schema > scenario.schema.json\` writes the schema where there is no checkout.`;
