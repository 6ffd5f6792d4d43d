import { describe, expect, it } from 'vitest';
import { parseScenario } from './load.ts';
import { ScenarioError } from './problem.ts';

const load = (text: string) =>
  parseScenario(`${text}\nproducers: [{ name: w, topic: t, key: { sequence: 5 } }]`, {
    file: 'x.yaml',
    env: {},
    readFile: () => '',
  });
const topicConfig = (config: string): unknown =>
  load(`topics: [{ name: t, config: { ${config} } }]`).scenario.topics[0]!.config;
const brokerConfig = (config: string): unknown =>
  load(`cluster: { kind: local, config: { ${config} } }`).scenario.cluster.config;

function refusal(text: string): string {
  try {
    load(text);
    return '';
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.problems.map(({ line, column, message }) => `${line}:${column} ${message}`).join('\n');
  }
}

describe('the config of topics', () => {
  it.each([
    ['retention.ms: 1e3', { 'retention.ms': '1000' }],
    ['retention.ms: -1', { 'retention.ms': '-1' }],
    ['retention.bytes: 9223372036854775807', { 'retention.bytes': '9223372036854775807' }],
    ['min.insync.replicas: 2.0', { 'min.insync.replicas': '2' }],
    ['min.cleanable.dirty.ratio: 0.010', { 'min.cleanable.dirty.ratio': '0.01' }],
    ['unclean.leader.election.enable: True', { 'unclean.leader.election.enable': 'true' }],
    ['cleanup.policy: "compact, delete"', { 'cleanup.policy': 'compact, delete' }],
    ['x.version: 4.10', { 'x.version': '4.10' }],
  ])('%s', (config, expected) => {
    expect(topicConfig(config)).toEqual(expected);
  });

  it.each([
    [
      'retention.ms: 7d',
      'topics.t.config.retention.ms: expected a whole number without a unit, got "7d"; write 604800000',
    ],
    ['segment.bytes: 64KiB', 'from -2147483648 to 2147483647, got "64KiB"; write 65536'],
    ['segment.ms: 010', 'got 010; write 10 or 8'],
    ['max.message.bytes: 10_000', 'got "10_000"; write 10000'],
    ['preallocate: yes', 'expected true or false, got "yes"; write true'],
    ['preallocate: 1', 'expected true or false, got 1'],
    ['min.cleanable.dirty.ratio: 0.5f', 'expected a number without a unit, got "0.5f"'],
  ])('%s is refused where it stands', (config, says) => {
    const found = refusal(`topics: [{ name: t, config: { ${config} } }]`);
    expect(found).toMatch(/^1:\d+ topics\.t\.config/);
    expect(found).toContain(says);
  });
});

describe('the config of brokers', () => {
  it('is held against their types', () => {
    expect(brokerConfig('num.io.threads: 0x4, log.cleaner.enable: TRUE')).toEqual({
      'num.io.threads': '4',
      'log.cleaner.enable': 'true',
    });
    expect(refusal('cluster: { kind: local, config: { log.segment.bytes: 1MiB } }')).toContain(
      'write 1048576',
    );
    expect(refusal('cluster: { kind: local, config: { auto.create.topics.enable: no } }')).toContain(
      'write false',
    );
  });

  it('a time in hours is that in milliseconds, which the harness may set and Kafka prefers', () => {
    expect(brokerConfig('log.retention.hours: 1')).toEqual({ 'log.retention.ms': '3600000' });
    expect(brokerConfig('log.retention.minutes: -1')).toEqual({ 'log.retention.ms': '-1' });
    expect(
      refusal('cluster: { kind: local, config: { log.retention.hours: 1, log.retention.ms: 5 } }'),
    ).toContain('log.retention.ms and log.retention.hours are one time in two units; keep one');
  });

  it('a misspelt name is warned of: Kafka starts without it', () => {
    expect(load('cluster: { kind: local, config: { log.retention.mss: 5 } }').warnings).toEqual([
      {
        code: 'unknown-broker-property',
        message:
          'cluster.config: Kafka ignores broker properties that it does not know; did you mean "log.retention.ms" by "log.retention.mss"?',
      },
    ]);
  });

  it('the mock ignores what topics are configured with', () => {
    const { warnings } = load('cluster: mock\ntopics: [{ name: t, config: { retention.ms: 5 } }]');
    expect(warnings).toEqual([
      { code: 'mock-topic-config', message: 'the mock cluster ignores the config of topics (t)' },
    ]);
  });
});
