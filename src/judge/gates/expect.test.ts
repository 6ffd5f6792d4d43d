import { describe, expect, it } from 'vitest';
import {
  latencyStatistics,
  metricNames,
  metrics,
  parseBound,
  parseMetric,
  supportedMetrics,
  type Metric,
} from '../../metrics/metrics.ts';
import { evaluateExpectations, expectationsOfRun, type Gate } from './expect.ts';
import { readMetric } from './metric-value.ts';
import {
  auditedDelivery,
  consumerResult,
  faultResult,
  histogramResult,
  producerResult,
  trialResult,
} from '../../results/sample.case.ts';
import type { TrialResult } from '../../results/schema.ts';

function parsed(metric: string) {
  const found = parseMetric(metric);
  if ('error' in found) throw new Error(found.error);
  return found;
}

function gate(metric: string, bound: string): Gate {
  const found = parsed(metric);
  const limit = parseBound(bound, metrics[found.name].unit);
  if (!limit) throw new Error(`${bound} is no bound of ${metric}`);
  return { metric, bound, ...found, ...limit };
}

const two = trialResult({
  producers: [
    producerResult({
      name: 'writer',
      attempted: 100,
      acked: 90,
      sent: 0,
      rejected: 4,
      indeterminate: 6,
      rate: { offered: 10, achieved: 9 },
      bytesPerSecond: 900,
    }),
    producerResult({
      name: 'fast',
      attempted: 1000,
      acked: 0,
      sent: 998,
      rejected: 1,
      indeterminate: 1,
      rate: { offered: 100, achieved: 99.8 },
      bytesPerSecond: 9980,
      latency: { scheduleDelay: null, serviceAck: histogramResult(20_000, 2), ack: null, transaction: null },
    }),
  ],
  consumers: [
    consumerResult({
      name: 'reader',
      received: 70,
      processed: 77,
      rate: { offered: null, achieved: 7 },
      bytesPerSecond: 700,
    }),
    consumerResult({ name: 'other', received: 30, processed: 33, latency: { endToEnd: null } }),
  ],
  errors: [
    { code: '_MSG_TIMED_OUT', phase: 'measure', scope: 'writer', count: 5 },
    { code: '_MSG_TIMED_OUT', phase: 'warmup', scope: 'writer', count: 100 },
    { code: '_MSG_TIMED_OUT', phase: 'measure', scope: 'fast', count: 2 },
    { code: '_TRANSPORT', phase: 'measure', scope: 'reader', count: 1 },
  ],
});

describe('readMetric', () => {
  it.each([
    ['attempted', 1100],
    ['acked', 90],
    ['sent', 998],
    ['rejected', 5],
    ['indeterminate', 7],
    ['writer.attempted', 100],
    ['writer.acked', 90],
    ['fast.sent', 998],
    ['fast.rejected', 1],
    ['writer.indeterminate', 6],
    ['received', 100],
    ['processed', 110],
    ['reader.received', 70],
    ['other.processed', 33],
    ['errors', 8],
    ['errors._MSG_TIMED_OUT', 7],
    ['errors.NOT_ENOUGH_REPLICAS', 0],
    ['writer.errors', 5],
    ['fast.errors._MSG_TIMED_OUT', 2],
    ['reader.errors', 1],
    // Without a scope: the producers' total, which is not the sum of the parts' rates.
    ['throughput', 9],
    ['bytesPerSecond', 900],
    ['fast.throughput', 99.8],
    ['fast.bytesPerSecond', 9980],
    ['reader.throughput', 7],
    ['reader.bytesPerSecond', 700],
    ['fast.serviceAck.max', 40_000],
    ['fast.serviceAck.mean', 20_001],
  ])('%s is %d', (metric, value) => {
    expect(readMetric(parsed(metric), two).value).toBe(value);
  });

  it('reads throughput from consumers where nothing is produced', () => {
    const trial = trialResult({ producers: [] });
    expect(readMetric(parsed('throughput'), trial).value).toBe(4995);
    expect(readMetric(parsed('bytesPerSecond'), trial).value).toBe(499_500);
  });

  it.each(latencyStatistics)(
    'reads %s of every latency, in its scope and in total, with its histogram',
    (statistic) => {
      const trial = trialResult();
      for (const [name, scope] of [
        ['scheduleDelay', 'writer'],
        ['serviceAck', 'writer'],
        ['ack', 'writer'],
        ['endToEnd', 'reader'],
      ] as const) {
        const histogram = trial.totals.latency[name]!;
        for (const metric of [`${name}.${statistic}`, `${scope}.${name}.${statistic}`]) {
          expect(readMetric(parsed(metric), trial)).toEqual({ value: histogram[statistic], histogram });
        }
      }
    },
  );

  it.each(['fast.ack.p99', 'other.endToEnd.p50', 'nobody.throughput', 'nobody.ack.p99'])(
    'does not know %s',
    (metric) => {
      expect(readMetric(parsed(metric), two)).toEqual({ value: null });
    },
  );

  const groupResult = {
    name: 'readers',
    members: 1,
    assignments: [],
    rebalances: [{ at: 0, member: 'reader-0', kind: 'assign' as const }],
    shares: { 'reader-0': 100 },
    firstMessage: 0,
    processed: 100,
    committed: null,
    lag: {
      samples: 1,
      missed: 0,
      most: null,
      end: { at: 1e6, messages: 3, time: null },
      final: null,
      partitions: [],
    },
  };

  it('finds every metric that is called supported, and none that is not', () => {
    for (const name of metricNames) {
      const { statistics }: Metric = metrics[name];
      const metric = statistics === null || statistics === 'codes' ? name : `${name}.${statistics[0]!}`;
      const { value } = readMetric(
        parsed(metric),
        trialResult({
          consumers: [consumerResult({ deadLettered: 0 })],
          delivery: auditedDelivery(),
          faults: [faultResult()],
          groups: [groupResult],
        }),
      );
      expect([name, value !== null]).toEqual([name, supportedMetrics.has(name)]);
    }
  });
});

describe('readMetric of what the audit counted', () => {
  const group = auditedDelivery().groups[0]!;
  const delivery = auditedDelivery({
    lost: 2,
    absent: 3,
    anomalies: {
      duplicate: 4,
      redelivery: 5,
      'committed-redelivery': 6,
      reorder: 7,
      corrupt: 9,
      phantom: 10,
      'aborted-read': 11,
      'torn-transaction': 12,
    },
    groups: [
      { ...group, name: 'readers', undelivered: 20 },
      { ...group, name: 'others', undelivered: 300 },
      { ...group, name: 'tail/0', undelivered: 4000 },
      { ...group, name: 'tail/1', undelivered: 50_000 },
      { ...group, name: 'alone', undelivered: 600_000 },
    ],
  });
  const consumers = [
    consumerResult({ name: 'one', group: 'readers-0badcafe' }),
    consumerResult({ name: 'two', group: 'others' }),
    consumerResult({ name: 'tail', group: null }),
    consumerResult({ name: 'alone', group: null }),
  ];
  const valueOf = (metric: string, more: Partial<typeof delivery> = {}) =>
    readMetric(parsed(metric), trialResult({ consumers, delivery: { ...delivery, ...more } })).value;

  it.each([
    ['lost', 2],
    ['absent', 3],
    ['duplicates', 4],
    ['redelivered', 11],
    ['reordered', 7],
    ['corrupt', 9],
    ['phantom', 10],
    ['abortedReads', 11],
    ['tornTransactions', 12],
    ['undelivered', 654_320],
    ['readers.undelivered', 20],
    ['one.undelivered', 20],
    ['others.undelivered', 300],
    ['two.undelivered', 300],
    ['tail.undelivered', 54_000],
    ['alone.undelivered', 600_000],
    ['nobody.undelivered', null],
    ['writer.lost', null],
  ])('%s is %j', (metric, value) => expect(valueOf(metric)).toBe(value));

  it('counts the order that was asked for', () => {
    const anomalies = { reorder: 7, 'key-reorder': 8 };
    expect(valueOf('reordered', { anomalies, order: 'key' })).toBe(8);
    expect(valueOf('reordered', { anomalies, order: 'partition' })).toBe(7);
    expect(valueOf('reordered', { anomalies, order: 'none' })).toBe(7);
  });

  it('is 0 where the audit found none, and null where there are no groups', () => {
    expect(valueOf('duplicates', { anomalies: {} })).toBe(0);
    expect(valueOf('undelivered', { groups: [] })).toBeNull();
  });

  it('is null without an audit, also where consumers saw something', () => {
    const unaudited = { coverage: null, lost: null, absent: null };
    expect(valueOf('corrupt', unaudited)).toBeNull();
    expect(valueOf('undelivered', unaudited)).toBeNull();
  });
});

describe('evaluateExpectations', () => {
  const evaluate = (trial: TrialResult, ...gates: [string, string][]) =>
    evaluateExpectations(
      gates.map(([metric, bound]) => gate(metric, bound)),
      trial,
    );

  it.each([
    ['>= 9/s', true],
    ['>= 9.01/s', false],
    ['<= 9/s', true],
    ['<= 8.99/s', false],
    ['> 9/s', false],
    ['> 8.99/s', true],
    ['< 9/s', false],
    ['< 9.01/s', true],
    ['9/s', true],
    ['== 10/s', false],
  ])('a throughput of 9/s against %s: %s', (bound, ok) => {
    expect(evaluate(two, ['throughput', bound])).toEqual([{ metric: 'throughput', bound, value: 9, ok }]);
  });

  it('reads bounds in the metric’s unit', () => {
    expect(
      evaluate(
        two,
        ['fast.serviceAck.max', '<= 40ms'],
        ['fast.serviceAck.max', '< 40ms'],
        ['writer.rejected', '4'],
      ).map(({ ok }) => ok),
    ).toEqual([true, false, true]);
  });

  it('neither passes nor fails what was not measured', () => {
    expect(evaluate(two, ['other.endToEnd.p50', '<= 1s'])).toEqual([
      { metric: 'other.endToEnd.p50', bound: '<= 1s', value: null, ok: null, reason: 'not measured' },
    ]);
  });

  it('neither passes nor fails what an invalid reason touches, but shows its value', () => {
    const reason = {
      severity: 'invalid' as const,
      message: 'the load was not offered',
      value: 0.9,
      threshold: 0.99,
    };
    const invalid = trialResult({
      validity: {
        ok: false,
        reasons: [{ ...reason, code: 'under-offered', metrics: ['writer.ack', 'throughput'] }],
      },
    });
    const value = invalid.producers[0]!.latency.ack!.p99;
    expect(
      evaluate(invalid, ['writer.ack.p99', '<= 1s'], ['throughput', '>= 1/s'], ['ack.p99', '<= 1s']),
    ).toEqual([
      {
        metric: 'writer.ack.p99',
        bound: '<= 1s',
        value,
        ok: null,
        reason: 'under-offered: the load was not offered',
      },
      {
        metric: 'throughput',
        bound: '>= 1/s',
        value: 5000,
        ok: null,
        reason: 'under-offered: the load was not offered',
      },
      { metric: 'ack.p99', bound: '<= 1s', value, ok: true },
    ]);
  });

  it.each([
    // What an incomplete audit counted is a lower bound: it can break a promise, and cannot show that one was kept.
    ['lost', '0', false],
    ['lost', '<= 5', null],
    ['lost', '>= 3', true],
    ['lost', '> 3', null],
    ['lost', '<= 2', false],
    ['lost', '< 3', false],
    ['lost', '2', false],
    ['lost', '3', null],
    ['lost', '4', null],
    ['corrupt', '0', null],
    // Of what was sent at acks=0 more may be absent, where nobody looked.
    ['absent', '<= 7', null],
    ['absent', '0', false],
    ['absent', '8', null],
    ['absent', '>= 8', null],
    ['absent', '>= 1', true],
    ['redelivered', '0', true],
  ])('where the audit is incomplete, %s %s: %s', (metric, bound, ok) => {
    for (const part of [
      { unaudited: 1 },
      { coverage: { ...auditedDelivery().coverage!, partitionsRead: 2 } },
    ]) {
      const trial = trialResult({ delivery: auditedDelivery({ lost: 3, absent: 7, ...part }) });
      const [result] = evaluate(trial, [metric, bound]);
      expect(result).toMatchObject({ ok });
      if (ok === null) expect(result!.reason).toMatch(/^the audit is incomplete: at least that many$/);
      else expect(result).not.toHaveProperty('reason');
    }
  });

  it.each([
    // Somebody else has them, or they would have come: only what a group was to get and did not breaks a promise.
    ['undelivered', '0', 1321, 1321, null],
    ['undelivered', '<= 1320', 1321, 1321, null],
    ['undelivered', '<= 1321', 1321, 1321, true],
    ['undelivered', '> 1321', 1321, 1321, false],
    ['undelivered', '1321', 1321, 1321, null],
    ['undelivered', '0', 1321, 1320, false],
    ['undelivered', '<= 1', 1321, 1320, null],
    ['readers.undelivered', '0', 1321, 1320, false],
    ['others.undelivered', '0', 1321, 1320, true],
    ['undelivered', '0', 1321, 0, false],
  ])('%s %s with %d of which %d are undecided: %s', (metric, bound, undelivered, undecided, ok) => {
    const [group] = auditedDelivery().groups;
    const groups = [
      { ...group!, undelivered, undecided },
      { ...group!, name: 'others' },
    ];
    const delivery = auditedDelivery({ groups, anomalies: { unattributed: 300, unread: undecided - 300 } });
    const [result] = evaluate(trialResult({ consumers: [], delivery }), [metric, bound]);
    expect(result).toMatchObject({ ok, ...(ok === null ? { value: undelivered } : {}) });
    if (ok === null) expect(result!.reason).toMatch(/nobody can tell .*: at most that many$/);
  });

  it('takes all findings for what is undecided where groups do not say', () => {
    const [group] = auditedDelivery().groups;
    const groups = [{ ...group!, undelivered: 7 }];
    const of = (anomalies: Record<string, number>) =>
      evaluate(trialResult({ delivery: auditedDelivery({ groups, anomalies }) }), ['undelivered', '0'])[0]!
        .ok;
    expect([of({ unread: 7 }), of({ unread: 3, unattributed: 3, 'delivery-loss': 1 }), of({})]).toEqual([
      null,
      false,
      false,
    ]);
  });

  it('knows a least of what is undelivered where the audit is incomplete, too', () => {
    const groups = [{ ...auditedDelivery().groups[0]!, undelivered: 7, undecided: 4 }];
    const trial = trialResult({ delivery: auditedDelivery({ groups, unaudited: 1 }) });
    expect(
      evaluate(trial, ['undelivered', '<= 2'], ['undelivered', '<= 7'], ['undelivered', '>= 3']),
    ).toMatchObject([{ ok: false }, { ok: null }, { ok: true }]);
  });

  it.each([
    ['0', null],
    ['>= 3', true],
    ['<= 2', false],
    ['<= 3', null],
  ])('does not judge redeliveries where somebody else is in the group: %s is %s', (bound, ok) => {
    const groups = [{ ...auditedDelivery().groups[0]!, sharedPartitions: 1 }];
    const anomalies = bound === '0' ? {} : { redelivery: 3 };
    const trial = trialResult({ delivery: auditedDelivery({ groups, anomalies }) });
    const [result] = evaluate(trial, ['redelivered', bound]);
    expect(result).toMatchObject({ ok });
    if (ok === null) expect(result!.reason).toMatch(/^not judged in partitions that somebody else had /);
  });

  it('takes the tail for what was asked, whatever lies before it', () => {
    const coverage = { ...auditedDelivery().coverage!, acked: 1000, tail: true };
    const trial = trialResult({ delivery: auditedDelivery({ coverage, unaudited: 74_000 }) });
    expect(evaluate(trial, ['lost', '0'])).toEqual([{ metric: 'lost', bound: '0', value: 0, ok: true }]);
  });

  it('says that nobody looked', () => {
    expect(evaluate(trialResult(), ['lost', '0'], ['duplicates', '>= 1'])).toEqual([
      { metric: 'lost', bound: '0', value: null, ok: null, reason: 'not audited' },
      { metric: 'duplicates', bound: '>= 1', value: null, ok: null, reason: 'not audited' },
    ]);
  });

  it('judges in spite of a warning', () => {
    const reasons = [
      { code: 'steal', severity: 'warn' as const, metrics: [], message: 'm', value: 1, threshold: 0 },
    ];
    expect(evaluate(trialResult({ validity: { ok: true, reasons } }), ['acked', '>= 1'])).toMatchObject([
      { ok: true },
    ]);
  });
});

describe('expectationsOfRun', () => {
  const [kept, broken] = [
    { metric: 'errors', bound: '0', value: 0, ok: true },
    { metric: 'ack.p99', bound: '<= 5ms', value: 9000, ok: false },
  ];

  it('holds no gate of a run that failed, and keeps what was exceeded', () => {
    expect(expectationsOfRun([kept, broken], { state: 'failed', phase: 'prepare', reason: 'x' })).toEqual([
      { ...kept, ok: null, reason: 'the run failed in prepare' },
      broken,
    ]);
  });

  it('holds those of a run that was stopped once it measured', () => {
    expect(expectationsOfRun([kept], { state: 'aborted', phase: 'measure', reason: 'x' })).toEqual([kept]);
    expect(expectationsOfRun([kept], { state: 'aborted', phase: 'warmup', reason: 'x' })[0]!.ok).toBeNull();
    expect(expectationsOfRun([kept], { state: 'completed' })).toEqual([kept]);
  });
});
