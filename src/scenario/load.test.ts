import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { guaranteeOf } from './guarantee.ts';
import { loadScenario, parseScenario } from './load.ts';
import { ScenarioError } from './problem.ts';

const parse = (text: string, env: NodeJS.ProcessEnv = {}, files: Record<string, string> = {}) =>
  parseScenario(text, {
    file: 'scenarios/example.yaml',
    env,
    readFile: (path) => {
      if (files[path] === undefined) throw new Error('no such file');
      return files[path];
    },
  });

function problemsOf(text: string, env: NodeJS.ProcessEnv = {}): ScenarioError['problems'] {
  try {
    parse(text, env);
  } catch (error) {
    if (error instanceof ScenarioError) return error.problems;
    throw error;
  }
  return [];
}

describe('what a scenario becomes', () => {
  test('short forms, units and defaults are filled in', () => {
    const { scenario } = parse(`
producers:
  - { name: a, topic: t, rate: 300/m, key: { zipf: { n: 1k, s: 1.1 } }, flush: { every: 10 } }
  - { name: b, topic: t, rate: { from: 1k/s, to: 2k/s, over: 1m }, value: { json: { id: "\${seq}", n: 1e3 } }, flush: each }
  - { name: c, topic: u, rate: [{ rate: 1/s, for: 5s }], value: { bytes: [{ size: 1KiB, weight: 3 }, { size: 64, weight: 1 }] }, messages: 10k }
consumers:
  - { name: d, topic: t, group: g, mode: single, commit: { interval: 5s }, idleTimeout: 1000ms }
  - { name: e, topics: [t, u], mode: { batch: 10, wait: 5ms } }
  - { name: f, topic: t, group: g, client: { enable.auto.commit: false } }
topics:
  - { name: u, partitions: 3, replicationFactor: 1, config: { retention.ms: 1000, x.version: 4.10, flag: true } }
phases: { measure: 1m }
`);
    const { producers, consumers } = scenario;
    expect(scenario.name).toBe('example');
    expect(scenario.cluster).toEqual({ kind: 'auto', controllers: 'combined', config: {} });
    expect(scenario.phases).toEqual({ warmup: 0, measure: 60e6, drain: 30e6 });
    expect(producers[0]).toEqual({
      name: 'a',
      topic: 't',
      count: 1,
      rate: { kind: 'constant', perSecond: 5 },
      arrival: 'uniform',
      partition: 'partitioner',
      key: { kind: 'zipf', n: 1000, s: 1.1 },
      value: { kind: 'bytes', sizes: [{ size: 100, weight: 1 }], compressibility: 0 },
      envelope: 'prefix',
      headers: {},
      flush: 10,
      client: {},
    });
    expect(producers[1]).toMatchObject({
      rate: { kind: 'ramp', from: 1000, to: 2000, over: 60e6 },
      value: { kind: 'json', template: '{"id":"${seq}","n":1000}' },
      envelope: 'header',
      flush: 1,
    });
    expect(producers[2]).toMatchObject({
      messages: 10_000,
      rate: { kind: 'steps', steps: [{ rate: 1, for: 5e6 }] },
      value: {
        sizes: [
          { size: 1024, weight: 3 },
          { size: 64, weight: 1 },
        ],
      },
    });
    expect(consumers[0]).toMatchObject({
      topics: ['t'],
      mode: { kind: 'single' },
      commit: { kind: 'interval', interval: 5e6 },
      idleTimeout: 1e6,
    });
    expect(consumers[1]).toMatchObject({
      mode: { kind: 'batch', size: 10, wait: 5000 },
      commit: { kind: 'none' },
    });
    expect(consumers[2]).toMatchObject({ mode: { kind: 'batch', size: 1000 }, commit: { kind: 'none' } });
    expect(scenario.topics).toEqual([
      {
        name: 'u',
        partitions: 3,
        replicationFactor: 1,
        config: { 'retention.ms': '1000', 'x.version': '4.10', flag: 'true' },
        reuse: false,
      },
      { name: 't', config: {}, reuse: false },
    ]);
  });

  test.each([
    ['auto', { kind: 'auto' }],
    ['mock', { kind: 'mock' }],
    ['{ brokers: 3, controllers: dedicated }', { kind: 'auto', brokers: 3, controllers: 'dedicated' }],
    ['{ bootstrap: "a:1,b:2" }', { kind: 'external', bootstrap: 'a:1,b:2' }],
    ['{ kind: auto, bootstrap: "[::1]:9092" }', { kind: 'external', bootstrap: '[::1]:9092' }],
  ])('cluster: %s', (written, expected) => {
    const { scenario } = parse(`cluster: ${written}\nproducers: [{ name: a, topic: t }]`);
    expect(scenario.cluster).toEqual({ controllers: 'combined', config: {}, ...expected });
  });

  test('client properties are passed on under their own names, numbers in plain decimal', () => {
    const { scenario } = parse(
      'producers: [{ name: a, topic: t, client: { acks: all, retries: 5, linger.ms: 0.50, enable.idempotence: true } }]',
    );
    expect(scenario.producers[0]!.client).toEqual({
      'request.required.acks': 'all',
      'message.send.max.retries': 5,
      'queue.buffering.max.ms': '0.5',
      'enable.idempotence': true,
    });
  });

  test('expectations are parsed, delivery stands apart', () => {
    const { scenario } = parse(
      'producers: [{ name: a, topic: t, rate: 5/s }]\nexpect: { a.ack.p99: "<= 500ms", delivery: none, errors: 0 }',
    );
    expect(scenario.delivery).toBe('none');
    expect(scenario.expect).toEqual([
      {
        metric: 'a.ack.p99',
        bound: '<= 500ms',
        scope: 'a',
        name: 'ack',
        statistic: 'p99',
        window: null,
        op: '<=',
        value: 500_000,
      },
      {
        metric: 'errors',
        bound: '0',
        scope: null,
        name: 'errors',
        statistic: null,
        window: null,
        op: '==',
        value: 0,
      },
    ]);
  });

  test.each([
    ['', '', { audit: 'full', order: 'none', evidence: true }],
    ['', 'delivery: at-least-once', { audit: 'full', order: 'none', evidence: true }],
    ['', 'delivery: exactly-once', { audit: 'full', order: 'partition', evidence: true }],
    ['order: none', 'delivery: exactly-once', { audit: 'full', order: 'none', evidence: true }],
    ['audit: tail, evidence: "false"', '', { audit: 'tail', order: 'none', evidence: false }],
    // Text, not false.
    ['audit: off', 'delivery: none', { audit: 'off', order: 'none', evidence: true }],
    ['order: partition', '', { audit: 'full', order: 'partition', evidence: true }],
  ])('verify: { %s } with expect: { %s }', (verify, expected, resolved) => {
    const { scenario } = parse(
      `producers: [{ name: a, topic: t, client: { enable.idempotence: true } }]
verify: { ${verify} }
expect: { ${expected} }`,
    );
    expect(scenario.verify).toEqual(resolved);
  });

  test('what is promised: as it says, else what acks can keep', () => {
    const promise = (text: string) => guaranteeOf(parse(text).scenario);
    expect(promise('producers: [{ name: a, topic: t }]')).toBe('at-least-once');
    expect(promise('producers: [{ name: a, topic: t, client: { acks: 1 } }]')).toBe('at-least-once');
    const mixed = 'producers: [{ name: a, topic: t }, { name: b, topic: t, client: { acks: 0 } }]';
    expect(promise(mixed)).toBe('at-most-once');
    expect(promise(`${mixed}\nexpect: { delivery: none }`)).toBe('none');
  });

  test('security on a cluster that is named by the environment is taken', () => {
    const text = 'security: { protocol: ssl }\nproducers: [{ name: a, topic: t }]';
    expect(problemsOf(text)).toHaveLength(1);
    expect(problemsOf(text, { KAFKA_BENCH_BOOTSTRAP: 'a:9092' })).toEqual([]);
  });

  test('what may not work is a warning', () => {
    const { warnings } = parse(`
topics: [{ name: t, replicationFactor: 1, config: { min.insync.replicas: 2 } }]
producers:
  - { name: a, topic: t, value: { bytes: 2MB } }
  - { name: c, topic: t, value: { json: '{"n": \${seq}, "r": \${random:int:1:5}, "t": "\${uuid}"}' } }
`);
    expect(warnings.map((each) => each.code).sort()).toEqual(['message-too-large', 'min-insync-replicas']);
  });

  test.each([
    [
      'ssl.ca.location: ca.pem',
      '',
      ['ssl.ca.location is for security.protocol ssl or sasl_ssl', 'plaintext'],
    ],
    [
      'sasl.mechanism: PLAIN, security.protocol: plaintext',
      '',
      ['sasl.mechanisms is for security.protocol sasl_ssl or sasl_plaintext', 'plaintext'],
    ],
    [
      'enable.ssl.certificate.verification: false',
      'security: { protocol: sasl_plaintext, mechanism: PLAIN, username: u, password: p }',
      ['enable.ssl.certificate.verification is for security.protocol ssl or sasl_ssl', 'sasl_plaintext'],
    ],
  ])('warns of %s where the protocol is another', (client, security, [property, protocol]) => {
    const text = `${security}\nproducers: [{ name: w, topic: t, client: { ${client} } }]`;
    const { warnings } = parseScenario(text, {
      ...{ file: 'x.yaml', env: {}, readFile: () => '', bootstrapGiven: true },
    });
    expect(warnings).toEqual([
      {
        code: 'property-without-effect',
        message: `w: ${property!}, and the client's is ${protocol!}`,
      },
    ]);
  });

  test('warns of topics that the mock tells apart and brokers do not', () => {
    const text = 'cluster: mock\nproducers: [{ name: v, topic: a.b }, { name: w, topic: a_b }]';
    const load = (bootstrapGiven: boolean) =>
      parseScenario(text, { file: 'x.yaml', env: {}, readFile: () => '', bootstrapGiven });
    expect(load(false).warnings).toEqual([
      {
        code: 'colliding-topics',
        message:
          'topics "a.b" and "a_b" differ in "." and "_" alone: the mock takes both, Kafka\'s brokers refuse the second',
      },
    ]);
    expect(() => load(true)).toThrow(/brokers refuse the second/);
  });

  test.each([
    ['{ bytes: 2KiB }', 'header', 2048],
    ['{ bytes: [{ size: 100, weight: 9 }, { size: 1025, weight: 1 }] }', 'prefix', 1025],
    ['{ json: { text: "${random:text:2000}" } }', 'header', 2011],
  ])('values of %s never fit into a queue of 1 KiB', (value, envelope, bytes) => {
    const scenario = (kilobytes: number) => `
producers:
  - { name: a, topic: t, value: ${value}, envelope: ${envelope}, client: { queue.buffering.max.kbytes: ${kilobytes} } }
`;
    expect(() => parse(scenario(1))).toThrow(
      `a: values of ${bytes} bytes never fit into a queue of queue.buffering.max.kbytes: 1 (1024 bytes)`,
    );
    expect(() => parse(scenario(2))).not.toThrow();
  });

  test.each([
    [
      'kind: external, bootstrap: "a:9092"',
      'from Kafka 3.7 on it counts as 1, before that acks=all is never acknowledged',
    ],
    ['kind: local', 'from Kafka 3.7 on it counts as 1'],
    ['version: 3.7', 'from Kafka 3.7 on it counts as 1'],
  ])('more in-sync replicas than replicas on { %s }', (cluster, effect) => {
    const { warnings } = parse(`
cluster: { ${cluster} }
topics: [{ name: t, replicationFactor: 1, config: { min.insync.replicas: 2 } }]
producers: [{ name: a, topic: t }]
`);
    expect(warnings.map(({ message }) => message)).toEqual([
      `topic "t": min.insync.replicas 2 exceeds its 1 replicas: ${effect}`,
    ]);
  });

  test.each([
    [
      'max.message.bytes: 1000',
      '',
      'a: brokers refuse batches above max.message.bytes (1000) of topic "t", and its batches may grow to 1000000 bytes: set batch.size: 1000',
    ],
    ['max.message.bytes: 1000', 'batch.size: 1000', undefined],
    ['max.message.bytes: 169', 'batch.size: 169', undefined],
    ['max.message.bytes: 1000', 'compression.type: lz4', undefined],
    ['max.message.bytes: 2000000', '', undefined],
    ['max.message.bytes: 169', 'batch.num.messages: 1', undefined],
  ])('batches of a topic with %s from a client with { %s }', (config, client, warning) => {
    const { warnings } = parse(`
topics: [{ name: t, config: { ${config} } }]
producers: [{ name: a, topic: t, value: { bytes: 100 }, client: { ${client} } }]
`);
    expect(warnings.map(({ message }) => message)).toEqual(warning === undefined ? [] : [warning]);
  });

  test('some values above what a topic takes are a warning: a run may be there to see them refused', () => {
    const { warnings } = parse(`
topics: [{ name: t, config: { max.message.bytes: 1000 } }]
producers:
  - { name: a, topic: t, value: { bytes: [{ size: 100, weight: 1 }, { size: 2000, weight: 1 }] } }
`);
    expect(warnings.map(({ message }) => message)).toEqual([
      'a: a value of 2000 bytes exceeds max.message.bytes (1000) of topic "t": brokers refuse it',
    ]);
  });

  test('a static id that is taken over later is nobody’s mistake', () => {
    const member = (name: string, more: string) => `
  - { name: ${name}, topic: t, group: g, client: { group.instance.id: same }${more} }`;
    expect(() =>
      parse(`producers: [{ name: a, topic: t }]\nconsumers:${member('b', '')}${member('c', ', start: 5s')}`),
    ).not.toThrow();
  });

  test('what a compacted topic of others does not take, or hides, is a warning', () => {
    const { warnings } = parse(`
topics:
  - { name: t, reuse: true, config: { cleanup.policy: 'compact,delete' } }
  - { name: u, config: { cleanup.policy: delete } }
producers:
  - { name: a, topic: t }
  - { name: b, topic: t, key: { template: '\${now}' } }
  - { name: c, topic: t, key: { uniform: 9 } }
  - { name: d, topic: u }
`);
    expect(warnings.map((each) => each.message)).toEqual([
      'a: topic "t" is compacted: brokers refuse messages without a key',
      expect.stringMatching(/^b: keys with \$\{now\} or \$\{uuid\} cannot be told again/),
    ]);
  });

  test('what of delivery is not checked is a warning', () => {
    const { warnings } = parse(`
producers:
  - { name: a, topic: t, key: { sequence: 9 } }
  - { name: b, topic: t }
  - { name: c, topic: t, envelope: none }
verify: { audit: tail, order: key }
expect: { delivery: at-least-once, duplicates: 0, acked: ">= 1", lost: 0 }
`);
    expect(warnings).toEqual([
      { code: 'unchecked-producer', message: 'delivery is not checked for c: envelope: none' },
      {
        code: 'tail-only',
        message:
          'verify.audit: tail reads only the ends of partitions: duplicates, lost cannot show the rest',
      },
      { code: 'keyless', message: 'verify.order: key says nothing of b, where messages have no key' },
    ]);
  });

  test('a JSON template that gives no JSON is refused before the run', () => {
    expect(problemsOf('producers: [{ name: b, topic: t, value: { json: "no json ${seq}" } }]')).toMatchObject(
      [{ message: expect.stringContaining('b: value.json is not JSON') as string }],
    );
  });
});

describe('environment, files, secrets', () => {
  const text = `
cluster: { bootstrap: "\${env:SERVERS:-a:9092}" }
security:
  protocol: sasl_ssl
  mechanism: PLAIN
  username: \${env:KAFKA_USER}
  password: \${env:PASSWORD}
  ca: \${env:CA:-./ca.pem}
producers:
  - name: a
    topic: t
    rate: \${env:RATE}
    count: \${env:CLIENTS:-2}
    value: { json: "\${file:payload.json}" }
    headers: { token: "\${file:token}" }
    client: { sasl.password: written-here, client.id: "\${env:PASSWORD_HINT:-none}", ssl.key.password: "\${env:KEY:-default-key}" }
`;
  const env = { KAFKA_USER: 'someone', PASSWORD: 'correct-horse', RATE: '5k/s' };
  const files = { 'payload.json': '{"id":"${seq}"}\n', token: 'token-1234\n' };

  test('everything is filled in for the run', () => {
    const { scenario } = parse(text, env, files);
    expect(scenario.cluster.bootstrap).toBe('a:9092');
    expect(scenario.security).toMatchObject({
      username: 'someone',
      password: 'correct-horse',
      ca: './ca.pem',
    });
    expect(scenario.producers[0]).toMatchObject({
      rate: { kind: 'constant', perSecond: 5000 },
      count: 2,
      value: { kind: 'json', template: '{"id":"${seq}"}' },
      headers: { token: 'token-1234' },
      client: { 'sasl.password': 'written-here', 'client.id': 'none', 'ssl.key.password': 'default-key' },
    });
  });

  test('for the result the environment is filled in; files, security and secrets are not', () => {
    const { resolved, secrets } = parse(text, env, files);
    expect(resolved).toEqual({
      cluster: { bootstrap: 'a:9092' },
      security: {
        protocol: 'sasl_ssl',
        mechanism: 'PLAIN',
        username: '${env:KAFKA_USER}',
        password: '${env:PASSWORD}',
        ca: '${env:CA:-[redacted]}',
      },
      producers: [
        {
          name: 'a',
          topic: 't',
          rate: '5k/s',
          count: '2',
          value: { json: '${file:payload.json}' },
          headers: { token: '${file:token}' },
          client: {
            'sasl.password': '[redacted]',
            'client.id': 'none',
            'ssl.key.password': '${env:KEY:-[redacted]}',
          },
        },
      ],
    });
    expect([...secrets].sort()).toEqual(['correct-horse', 'default-key', 'token-1234', 'written-here']);
    expect(JSON.stringify(resolved)).not.toMatch(/correct|written|default-key|token-1/);
  });

  test('the hash follows values, not comments, order or secrets', () => {
    const secure = 'cluster: { bootstrap: "a:9092" }\nsecurity: { protocol: ssl }\n';
    const base =
      secure + 'producers: [{ name: a, topic: t, rate: "${env:R}", client: { sasl.password: "${env:P}" } }]';
    const hash = (yaml: string, R: string, P = 'x') => parse(yaml, { R, P }).sha256;
    expect(hash(base, '5/s')).toMatch(/^[0-9a-f]{64}$/);
    expect(hash(`# comment\n${base}`, '5/s')).toBe(hash(base, '5/s'));
    expect(
      hash(
        secure +
          'producers: [{ topic: t, name: a, client: { sasl.password: "${env:P}" }, rate: "${env:R}" }]',
        '5/s',
      ),
    ).toBe(hash(base, '5/s'));
    expect(hash(base, '6/s')).not.toBe(hash(base, '5/s'));
    expect(hash(base, '5/s', 'y')).toBe(hash(base, '5/s'));
  });

  test('what stands in a file or variable is not filled in again', () => {
    const { scenario } = parse('producers: [{ name: a, topic: t, client: { client.id: "${env:A}" } }]', {
      A: '${env:B}',
      B: 'b',
    });
    expect(scenario.producers[0]!.client['client.id']).toBe('${env:B}');
  });

  test('a secret does not show in a problem beside it', () => {
    const [problem, ...more] = problemsOf(
      'security: { protocol: ssl }\nproducers: [{ name: a, topic: t, rat: 5/s, client: { sasl.password: correct-horse } }]',
      { KAFKA_BENCH_BOOTSTRAP: 'a:9092' },
    );
    expect(more).toEqual([]);
    expect(problem?.source).toContain('sasl.password: [redacted]');
  });
});

test('the seed is the scenario’s, else drawn anew', () => {
  const drawn = () => parse('producers: [{ name: a, topic: t }]').seed;
  expect(parse('seed: 7\nproducers: [{ name: a, topic: t }]').seed).toBe(7);
  expect(drawn()).not.toBe(drawn());
});

test('a property of librdkafka beside the keys of a producer is told where it stands', () => {
  const of = (line: string) => problemsOf(`producers:\n  - name: a\n    topic: t\n    ${line}\n`)[0]?.message;
  expect(of('acks: all')).toBe(
    'unknown key "acks"; librdkafka\'s properties stand under client: write client: { acks: … }',
  );
  // Nearer to a key, and yet meant as written.
  expect(of('partitioner: murmur2')).toContain('client: { partitioner: … }');
});

test('YAML is told in a line, and that a placeholder wants quotes', () => {
  const of = (text: string) => problemsOf(text)[0]!.message;
  const broken = 'producers: [{ name: a, topic: t, key: user-${seq} }]\n';
  expect(of(broken)).toMatch(/^not valid YAML: .*; inside \{ \} and \[ \] put "\$\{…\}" in quotes$/);
  expect(of(broken.replace('user-${seq}', '"user-${seq}" }'))).not.toContain('in quotes');
  expect(of(`name: |x\n  ${'long '.repeat(100)}\n`).length).toBeLessThan(250);
});

test('a problem carries place, expectation and nearest name as values', () => {
  expect(problemsOf('producers:\n  - name: a\n    topik: t\n    topic: t\n')).toEqual([
    {
      file: 'scenarios/example.yaml',
      line: 3,
      column: 5,
      message: 'unknown key "topik"; did you mean "topic"?',
      expected: expect.stringContaining('name, topic') as string,
      nearest: 'topic',
      source: '    topik: t',
    },
  ]);
});

test('Windows line ends and deep nesting', () => {
  expect(problemsOf('producers:\r\n  - name: a\r\n    topic: t\r\n    x: 1\r\n')).toMatchObject([
    { line: 4, column: 5, source: '    x: 1' },
  ]);
  expect(problemsOf(`description: ${'['.repeat(20_000)}`)).toMatchObject([
    { message: 'is nested too deeply' },
  ]);
  expect(problemsOf(`description:\n  ${'- '.repeat(20_000)}`)).toMatchObject([
    { message: 'is nested too deeply' },
  ]);
  expect(problemsOf(`description: ${'['.repeat(150)}1${']'.repeat(150)}`)).toHaveLength(1);
});

describe('files', () => {
  let directory = '';
  const write = async (name: string, content: string | Uint8Array): Promise<string> => {
    const file = join(directory, name);
    await writeFile(file, content);
    return file;
  };
  const complaint = async (file: string): Promise<string> => {
    const error: unknown = await loadScenario(file, { env: {} }).then(
      () => 'loaded',
      (reason: unknown) => reason,
    );
    return error instanceof ScenarioError ? error.message.replaceAll(`${directory}/`, '') : String(error);
  };
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'scenario-'));
    await mkdir(join(directory, 'folder'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  test('each kind of file that cannot be a scenario has its own line', async () => {
    await write('good.yaml', 'producers: [{ name: a, topic: t }]\n');
    expect(await complaint(join(directory, 'folder'))).toBe(
      'folder: is a directory; name a scenario file in it',
    );
    expect(await complaint(join(directory, 'god.yaml'))).toBe(
      'god.yaml: no such file; did you mean "good.yaml"?',
    );
    expect(await complaint(join(directory, 'good'))).toBe('good: no such file; did you mean "good.yaml"?');
    expect(await complaint(join(directory, 'nothing.yaml'))).toBe('nothing.yaml: no such file');
    for (const named of ['acks0', 'acks0.yaml', 'scenario/acks0.yaml'])
      expect(await complaint(named)).toBe(`${named}: no such file; did you mean "scenarios/acks0.yaml"?`);
    expect(await complaint(join(directory, 'good.yaml/x'))).toMatch(/no such file$/);
    expect(await complaint(await write('binary.yaml', Uint8Array.of(0x7f, 0x45, 0, 1)))).toBe(
      'binary.yaml: is a binary file; a scenario is YAML in UTF-8',
    );
    expect(await complaint(await write('latin1.yaml', Uint8Array.of(0x61, 0x3a, 0x20, 0xe4)))).toBe(
      'latin1.yaml: is not UTF-8 text; a scenario is YAML in UTF-8',
    );
    expect(await complaint(await write('huge.yaml', '#'.repeat(2 * 2 ** 20)))).toBe(
      'huge.yaml: is larger than 1 MiB: no scenario',
    );
    expect(await complaint('/dev/null')).toBe('/dev/null: is not a regular file');
  });

  test('a byte-order mark is no part of the text', async () => {
    const file = await write('bom.yaml', '\ufeffproducers: [{ name: a, topic: t, x: 1 }]\n');
    expect(await complaint(file)).toMatch(/^bom\.yaml:1:34: unknown key "x"/);
  });

  test('files are named relative to the scenario, the name comes from the file', async () => {
    await write('payload.json', '{"a": 1}\n');
    const file = await write(
      'Mein Test.yaml',
      'producers: [{ name: a, topic: t, value: { json: "${file:payload.json}" } }]\n',
    );
    const { scenario } = await loadScenario(file, { env: {} });
    expect(scenario.name).toBe('Mein-Test');
    expect(scenario.producers[0]!.value).toEqual({ kind: 'json', template: '{"a": 1}' });
    const missing = await write(
      'missing.yaml',
      'producers: [{ name: a, topic: "${file:folder}" }, { name: b, topic: "${file:none}" }]\n',
    );
    expect(await complaint(missing)).toMatch(
      /\$\{file:folder\}: is a directory[^]*\$\{file:none\}: no such file/,
    );
  });

  test('a .env beside the scenario fills in variables, and the shell’s own go before it', async () => {
    const file = await write(
      'with-env.yaml',
      'producers: [{ name: a, topic: "${env:TOPIC}", rate: "${env:RATE:-5/s}" }]\n',
    );
    await write('.env', 'TOPIC=orders # whose\nRATE="7/s"\n');
    const load = async (env: NodeJS.ProcessEnv) => (await loadScenario(file, { env })).scenario.producers[0]!;
    expect(await load({})).toMatchObject({ topic: 'orders', rate: { perSecond: 7 } });
    expect(await load({ TOPIC: 'mine' })).toMatchObject({ topic: 'mine' });
    await rm(join(directory, '.env'));
    expect(await complaint(file)).toMatch(/TOPIC/);
  });
});
