import { describe, expect, it } from 'vitest';
import {
  auditedDelivery,
  consumerResult,
  histogramResult,
  producerResult,
  runResultOf,
  trialResult,
} from '../results/sample.case.ts';
import type { RunResult, TrialResult } from '../results/schema.ts';
import type { Paint } from './paint.ts';
import { renderSummary } from './summary.ts';

const golden = async (result: RunResult, name: string) => {
  const text = renderSummary(result);
  // `npx vitest run src/report -u` writes the files anew.
  await expect(`${text}\n`).toMatchFileSnapshot(`./golden/${name}.txt`);
  return text;
};

const widthOf = (line: string) => Array.from(line).length;
/** Where the length is that of a message of somebody else's. */
const free = /^(cluster |expect |warning |INVALID |\S+ {2}(failed|aborted) )/;

const socketWriter = producerResult({
  ackSource: 'socket-write',
  closedLoop: true,
  messages: 1000,
  attempted: 1000,
  acked: 0,
  sent: 1000,
  bytes: 18_890,
  rate: { offered: null, achieved: 1873.2 },
  bytesPerSecond: 35_383,
  latency: { scheduleDelay: null, serviceAck: histogramResult(1000), ack: null, transaction: null },
});

const completed = runResultOf({
  scenario: { ...runResultOf().scenario, name: 'acks0' },
  endedAt: '2026-03-04T05:06:09.270Z',
  trials: [
    trialResult({
      producers: [socketWriter],
      consumers: [
        consumerResult({
          messages: 1000,
          received: 1000,
          processed: 1000,
          bytes: 18_890,
          rate: { offered: null, achieved: 1871 },
          bytesPerSecond: 35_341,
          endedBy: 'idle',
          latency: { endToEnd: histogramResult(1000, 3) },
        }),
      ],
    }),
  ],
});

const judged = runResultOf({
  trials: [
    trialResult({
      producers: [
        producerResult({
          messages: 49_000,
          acked: 49_000,
          rejected: 200,
          indeterminate: 800,
          rate: { offered: 5000, achieved: 4851.4 },
          bytesPerSecond: 485_140,
        }),
      ],
      consumers: [consumerResult({ messages: 49_500, received: 49_500 })],
      delivery: {
        ...trialResult().delivery,
        attempted: 75_000,
        acked: 74_000,
        rejected: 200,
        indeterminate: 800,
        foreign: 12,
        anomalies: { corrupt: 3 },
      },
      errors: [
        { code: '_MSG_TIMED_OUT', phase: 'measure', scope: 'writer', count: 800 },
        { code: 'MSG_SIZE_TOO_LARGE', phase: 'measure', scope: 'writer', count: 200 },
      ],
      validity: {
        ok: false,
        reasons: [
          {
            code: 'under-offered',
            severity: 'invalid',
            metrics: ['writer.ack', 'ack'],
            message:
              'writer sent 4 851/s of the 5 000/s that were due: the load was not what the scenario says',
            value: 0.97,
            threshold: 0.99,
          },
          {
            code: 'shared-machine',
            severity: 'warn',
            metrics: [],
            message: 'the brokers run on this machine: harness and brokers compete for its processors',
            value: 1,
            threshold: 0,
          },
        ],
      },
    }),
  ],
  expectations: [
    { metric: 'received', bound: '>= 50000', value: 49_500, ok: false },
    { metric: 'reader.endToEnd.p99', bound: '<= 20ms', value: 14_850, ok: true },
    {
      metric: 'ack.p99',
      bound: '<= 20ms',
      value: 10_395,
      ok: null,
      reason: 'under-offered: the load was not what the scenario says',
    },
    { metric: 'throughput', bound: '>= 4900/s', value: 4851.4, ok: false },
    { metric: 'reader.endToEnd.p9999', bound: '<= 1s', value: null, ok: null, reason: 'not measured' },
  ],
  warnings: [
    { code: 'client _TRANSPORT', message: '127.0.0.1:9001/1: Disconnected (after 312ms in state UP)' },
  ],
});

const mock = runResultOf({
  scenario: { ...runResultOf().scenario, name: 'throughput' },
  cluster: {
    ...runResultOf().cluster,
    kind: 'mock',
    why: 'asked for with --cluster mock',
    version: null,
    brokers: runResultOf().cluster.brokers.slice(0, 1),
  },
  trials: [
    trialResult({
      consumers: [],
      producers: [
        producerResult({
          closedLoop: true,
          messages: 12_345_678,
          rate: { offered: null, achieved: 823_045.2 },
          bytesPerSecond: 82_304_520,
          latency: {
            scheduleDelay: null,
            serviceAck: histogramResult(2000, 60),
            ack: null,
            transaction: null,
          },
        }),
      ],
    }),
  ],
  warnings: [{ code: 'mock-cluster', message: 'measured against librdkafka’s mock' }],
});

const failed = runResultOf({
  outcome: {
    state: 'failed',
    phase: 'measure',
    reason: 'producer-1 was killed by SIGKILL while it was working',
  },
  trials: [
    trialResult({
      producers: [
        producerResult({
          messages: 1234,
          rate: { offered: 5000, achieved: null },
          bytesPerSecond: null,
          durationSeconds: 0,
          latency: { scheduleDelay: null, serviceAck: null, ack: null, transaction: null },
        }),
      ],
      consumers: [
        consumerResult({
          messages: 1200,
          rate: { offered: null, achieved: null },
          bytesPerSecond: null,
          latency: { endToEnd: null },
        }),
      ],
      delivery: { ...trialResult().delivery, attempted: 1300, acked: 1234, indeterminate: 66 },
    }),
  ],
});

describe('renderSummary', () => {
  it('says how long brokers were warmed, where they were', () => {
    const run = (brokerWarmup: NonNullable<TrialResult['brokerWarmup']>) =>
      renderSummary(runResultOf({ trials: [trialResult({ brokerWarmup })] }));
    const windows = [20_000, 5_000, 4_900];
    expect(run({ state: 'warmed', took: 4.2e6, settled: true, windows })).toContain(
      '\nbrokers warmed first: 3 s of load, 4.20 s in all\n',
    );
    expect(run({ state: 'remembered', took: 0, settled: null, windows: [] })).not.toContain('warmed');
  });

  it('shows a closed loop at acks=0 as what it is: sent, and written to the socket', async () => {
    const text = await golden(completed, 'summary-acks0');
    expect(text).toContain('1 000 sent');
    expect(text).toContain('→ socket');
    expect(text).not.toContain('acked');
  });

  it('shows an open loop with what to doubt about it, gates and their reasons', async () => {
    await golden(judged, 'summary-judged');
  });

  it('says MOCK where it is the mock, and says it once', async () => {
    const text = await golden(mock, 'summary-mock');
    expect(text.match(/mock-cluster/g)).toBeNull();
    expect(text).toContain('MOCK');
  });

  it('shows what there is of a run that failed, and claims no rate', async () => {
    await golden(failed, 'summary-failed');
  });

  it('shows several trials a line each, and the one to look at in full', async () => {
    const [trial] = judged.trials;
    const broken = trialResult({ delivery: auditedDelivery({ verdict: 'FAIL', lost: 3 }) });
    const text = await golden({ ...judged, trials: [trial!, trial!, broken] }, 'summary-trials');
    expect(text).toContain('\ntrial 3\n');
    for (const line of text.split('\n')) {
      if (!free.test(line)) expect(widthOf(line), line).toBeLessThanOrEqual(80);
    }
  });

  it('is at most 80 columns wide, but for messages', () => {
    const long = 'batch-writer';
    const wide = runResultOf({
      trials: [
        trialResult({
          producers: [
            producerResult({
              name: long,
              messages: 6_000_000,
              rate: { offered: 100_000, achieved: 100_000 },
              bytesPerSecond: 102_400_000,
              latency: { ...producerResult().latency, ack: histogramResult(50_000, 71_000) },
            }),
          ],
          consumers: [consumerResult({ messages: 6_000_000, endedBy: 'idle' })],
        }),
      ],
    });
    for (const result of [completed, judged, mock, failed, wide]) {
      for (const line of renderSummary(result).split('\n')) {
        if (!free.test(line)) expect(widthOf(line), line).toBeLessThanOrEqual(80);
      }
    }
    expect(renderSummary(wide)).toContain('102 MB/s');
    expect(renderSummary(judged)).toContain('MiB/s');
  });

  it('keeps its columns where text is painted', () => {
    const mark = (text: string) => `\u001b[1m${text}\u001b[22m`;
    const paint: Paint = { bold: mark, dim: mark, good: mark, bad: mark, warn: mark };
    // eslint-disable-next-line no-control-regex -- the marks are what is taken out
    const unpainted = renderSummary(judged, paint).replaceAll(/\u001b\[\d+m/g, '');
    expect(unpainted).toBe(renderSummary(judged));
  });

  it('is no more than a header for a result without a trial', () => {
    expect(renderSummary(runResultOf({ trials: [] })).split('\n')).toHaveLength(2);
  });
});

describe('names of a run’s own', () => {
  const { cluster } = completed;
  const made = (topic: string) =>
    runResultOf({
      cluster: {
        ...cluster,
        durability: [
          { topic, partitions: 1, replicationFactor: 1, minInSyncReplicas: 1, uncleanLeaderElection: false },
        ],
      },
    });

  it('end in what the summary says, and it says nothing where all were there before', () => {
    expect(renderSummary(made('orders-0badcafe'))).toContain(
      '\nnames of its topics and groups end in -0badcafe\n',
    );
    expect(renderSummary(made('orders'))).not.toContain('end in');
    // Somebody else's, of another run.
    expect(renderSummary(made('orders-1a2b3c4d'))).not.toContain('end in');
  });
});
