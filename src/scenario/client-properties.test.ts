import { describe, expect, it } from 'vitest';
import { guaranteeOf } from './guarantee.ts';
import { propertyNames } from './librdkafka-properties.ts';
import { insteadOfJava, javaProperties } from './schema/java-properties.ts';
import { type LoadedScenario, parseScenario } from './load.ts';
import { ScenarioError } from './problem.ts';
import { parseSetting } from './settings.ts';

function load(text: string, settings: readonly string[] = []): LoadedScenario {
  return parseScenario(text, {
    file: 'x.yaml',
    env: { SIZE: '64KiB', FINE: '4096' },
    readFile: () => '',
    settings: settings.map(parseSetting),
  });
}

const producing = (client: string): string => `producers:
  - name: w
    topic: t
    client: { ${client} }
`;
const consuming = (client: string): string => `${producing('acks: all')}consumers:
  - name: r
    topic: t
    group: g
    client: { ${client} }
`;

const clientOf = (client: string): unknown => load(producing(client)).scenario.producers[0]!.client;

function refusals(text: string, settings: readonly string[] = []): string[] {
  try {
    load(text, settings);
    return [];
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.problems.map(({ file, line, column, message }) => `${file}:${line}:${column} ${message}`);
  }
}

describe('numbers of librdkafka', () => {
  it.each([
    ['batch.num.messages: 1e4', { 'batch.num.messages': 10_000 }],
    ['batch.num.messages: "1e4"', { 'batch.num.messages': 10_000 }],
    ['batch.num.messages: 100.0', { 'batch.num.messages': 100 }],
    ['batch.num.messages: 0x10', { 'batch.num.messages': 16 }],
    ['batch.num.messages: +5', { 'batch.num.messages': 5 }],
    ['batch.num.messages: 07', { 'batch.num.messages': 7 }],
    ['batch.size: "${env:FINE}"', { 'batch.size': 4096 }],
    ['topic.metadata.refresh.interval.ms: -1', { 'topic.metadata.refresh.interval.ms': -1 }],
    ['linger.ms: 0.5', { 'queue.buffering.max.ms': '0.5' }],
    ['linger.ms: .5', { 'queue.buffering.max.ms': '0.5' }],
    ['linger.ms: 1e1', { 'queue.buffering.max.ms': 10 }],
    ['acks: ALL', { 'request.required.acks': 'all' }],
    ['acks: -1', { 'request.required.acks': -1 }],
    ['client.id: 010', { 'client.id': '010' }],
    ['client.rack: 1e4', { 'client.rack': '1e4' }],
  ])('%s', (client, expected) => {
    expect(clientOf(client)).toEqual(expected);
  });

  it.each([
    ['batch.size: 64KiB', 'from 1 to 2147483647, got "64KiB"; librdkafka would read 64; write 65536'],
    ['batch.size: "${env:SIZE}"', 'from 1 to 2147483647, got "64KiB"; librdkafka would read 64; write 65536'],
    ['batch.size: 1MB', 'got "1MB"; librdkafka would read 1; write 1000000'],
    ['message.timeout.ms: 30s', 'got "30s"; librdkafka would read 30; write 30000'],
    ['delivery.timeout.ms: 2m', 'got "2m"; librdkafka would read 2; write 120000'],
    ['linger.ms: 5ms', 'a number from 0 to 900000, got "5ms"; librdkafka would read 5; write 5'],
    ['batch.num.messages: 1_000', 'got "1_000"; librdkafka would read 1; write 1000'],
    ['batch.num.messages: "1,000"', 'got "1,000"; librdkafka would read 1; write 1000'],
    ['batch.num.messages: 10k', 'got "10k"; librdkafka would read 10; write 10000'],
    ['queue.buffering.max.kbytes: 1GiB', 'got "1GiB"; librdkafka would read 1; write 1048576'],
    ['batch.num.messages: 010', 'got 010; librdkafka would read 8; write 10 or 8'],
    ['batch.num.messages: 0o17', 'got 0o17; librdkafka would read 0; write 15'],
    ['batch.num.messages: 1.5', 'from 1 to 1000000, got 1.5; librdkafka would read 1'],
    ['batch.num.messages: 1000001', 'from 1 to 1000000, got 1000001'],
    ['batch.num.messages: 0', 'from 1 to 1000000, got 0'],
    ['batch.num.messages: 4294967297', 'got 4294967297; librdkafka would read 1'],
    ['linger.ms: nan', 'got "nan"; librdkafka would read NaN'],
    ['linger.ms: .inf', 'a number from 0 to 900000, got .inf'],
    ['retries: true', 'got true'],
    ['acks: none', 'a whole number from -1 to 1000 or all, got "none"'],
    ['acks: 1s', 'got "1s"; librdkafka would read 1'],
  ])('%s is refused where it stands', (client, says) => {
    const [refused, ...others] = refusals(producing(client));
    expect(others).toEqual([]);
    expect(refused).toMatch(/^x\.yaml:4:\d+ producers\.w\.client\./);
    expect(refused).toContain(says);
  });
});

describe('words of librdkafka', () => {
  it.each([
    ['enable.idempotence: 1', { 'enable.idempotence': true }],
    ['enable.idempotence: "T"', { 'enable.idempotence': true }],
    ['enable.idempotence: False', { 'enable.idempotence': false }],
    ['compression.type: LZ4', { 'compression.codec': 'lz4' }],
  ])('%s', (client, expected) => {
    expect(clientOf(client)).toEqual(expected);
  });

  it.each([
    ['enable.idempotence: yes', 'expected true or false, got "yes"; write true'],
    ['enable.idempotence: off', 'expected true or false, got "off"; write false'],
    ['enable.idempotence: 2', 'expected true or false, got 2'],
    ['compression.type: lz', 'expected one of none, gzip, snappy, lz4, zstd, got "lz"'],
    ['compression.type: ""', 'expected one of none, gzip, snappy, lz4, zstd, got ""'],
    ['debug: all', 'client must not set debug: the harness shows no log of librdkafka'],
    ['log_level: 7', 'client must not set log_level: the harness shows no log of librdkafka'],
    ['log.queue: true', 'client must not set log.queue'],
  ])('%s is refused', (client, says) => {
    expect(refusals(producing(client)).join()).toContain(says);
  });
});

it('a flag is held against the same table', () => {
  const set = 'producers.w.client.batch.size=64KiB';
  expect(refusals(producing('acks: all'), [set])).toEqual([
    `--set ${set}:0:0 producers.w.client.batch.size: expected a whole number from 1 to 2147483647, got "64KiB"; ` +
      'librdkafka would read 64; write 65536',
  ]);
  expect(
    refusals(producing('batch.num.messages: 1'), ['producers.w.client.batch.num.messages=010']).join(),
  ).toContain('got "010"; librdkafka would read 8; write 10 or 8');
  const changed = load(producing('acks: all'), ['producers.w.client.batch.num.messages=1e4']);
  expect(changed.scenario.producers[0]!.client).toMatchObject({ 'batch.num.messages': 10_000 });
});

describe('two names of one property', () => {
  it.each([
    ['acks: all, request.required.acks: 0', 'request.required.acks is acks by another name'],
    ['retries: 3, message.send.max.retries: 3', 'message.send.max.retries is retries by another name'],
    ['queue.buffering.max.ms: 1, linger.ms: 2', 'linger.ms is queue.buffering.max.ms by another name'],
    [
      'compression.codec: lz4, compression.type: none',
      'compression.type is compression.codec by another name',
    ],
    [
      'delivery.timeout.ms: 1, message.timeout.ms: 2',
      'message.timeout.ms is delivery.timeout.ms by another name',
    ],
  ])('%s', (client, says) => {
    expect(refusals(producing(client))).toEqual([
      expect.stringContaining(`${says}, and both are given; keep one`),
    ]);
  });

  it('are found where a flag gives the second', () => {
    const [refused] = refusals(producing('acks: all'), ['producers.w.client.request.required.acks=0']);
    expect(refused).toContain('request.required.acks is acks by another name');
  });

  it('are known by the rules that read one', () => {
    const none = load(producing('request.required.acks: 0')).scenario;
    expect(guaranteeOf(none)).toBe('at-most-once');
    expect(
      refusals(`${producing('request.required.acks: "0"')}expect: { delivery: at-least-once }\n`),
    ).toEqual([expect.stringContaining('acks=0 promises at-most-once (w)')]);
    const exactly = `${producing('enable.idempotence: 1')}expect: { delivery: exactly-once }\n`;
    expect(refusals(exactly)).toEqual([]);
  });

  it('booleans in any of their forms are known by the rules that read one', () => {
    const of = (client: string): unknown => load(consuming(client)).scenario.consumers[0]!.commit;
    expect(of('enable.auto.commit: "F"')).toEqual({ kind: 'none' });
    expect(of('enable.auto.commit: 0')).toEqual({ kind: 'none' });
    expect(of('enable.auto.commit: True')).toEqual({ kind: 'auto' });
    const text = consuming('enable.auto.commit: 0').replace('group: g', 'group: g\n    commit: auto');
    expect(refusals(text)).toEqual([
      expect.stringContaining('enable.auto.commit: false contradicts commit: auto'),
    ]);
  });
});

describe('properties without effect', () => {
  it.each([
    [producing('fetch.min.bytes: 5'), 'w: librdkafka ignores fetch.min.bytes on a producer'],
    [consuming('linger.ms: 5'), 'r: librdkafka ignores queue.buffering.max.ms on a consumer'],
    [
      consuming('max.poll.records: 5'),
      'r: librdkafka reads max.poll.records for share consumers only; mode: { batch: N } is what is taken at once',
    ],
    [producing('socket.blocking.max.ms: 5'), 'w: librdkafka no longer uses socket.blocking.max.ms'],
  ])('are warned of: %s', (text, message) => {
    expect(load(text).warnings).toContainEqual({ code: 'property-without-effect', message });
  });

  it('the legacy switch of auto-commit is refused: it would leave the other one on', () => {
    expect(refusals(consuming('auto.commit.enable: false'))).toEqual([
      expect.stringContaining('client must not set auto.commit.enable'),
    ]);
  });
});

describe('properties of the Java client', () => {
  const java = (property: string) => refusals(producing(`${property}: 1`));

  it.each([
    ['fetch.max.wait.ms', 'did you mean "fetch.wait.max.ms"?'],
    ['max.request.size', 'did you mean "message.max.bytes"?'],
    ['buffer.memory', "which is the Java client's: use queue.buffering.max.kbytes, in kilobytes"],
    ['sasl.jaas.config', "which is the Java client's: use security: { mechanism, username, password }"],
    ['ssl.truststore.location', "which is the Java client's: use security: { ca: … } with a PEM file"],
    ['partitioner.class', /use partitioner; murmur2_random/],
  ])('%s: says what to write', (property, words) => {
    const [refusal] = java(property);
    expect(refusal).toContain(`4:15 librdkafka has no property "${property}"`);
    if (typeof words === 'string') expect(refusal).toContain(words);
    else expect(refusal).toMatch(words);
  });

  it('are none of librdkafka’s, and each is answered', () => {
    expect(javaProperties.length).toBeGreaterThan(15);
    expect(javaProperties.filter((property) => propertyNames.has(property))).toEqual([]);
    expect(javaProperties.filter((property) => insteadOfJava(property) === null)).toEqual([]);
  });
});
