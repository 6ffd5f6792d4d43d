import { expect, it } from 'vitest';
import { parseMetric, type ParsedMetric } from '../../metrics/metrics.ts';
import { countRebalances, readRebalances, readShare } from './group-metric.ts';
import { readMetric } from './metric-value.ts';
import { consumerResult, faultResult, trialResult } from '../../results/sample.case.ts';
import type { GroupResult, TrialResult } from '../../results/schema.ts';

const assign = (member: string, at = 0) => ({ at, member, kind: 'assign' as const });
const group = (more: Partial<GroupResult>): GroupResult => ({
  name: 'readers-0a1b2c3d',
  members: 2,
  assignments: [],
  rebalances: [],
  shares: {},
  firstMessage: null,
  processed: 0,
  committed: null,
  lag: null,
  ...more,
});
const two = {
  consumers: [consumerResult({ name: 'reader', group: 'readers-0a1b2c3d' })],
  groups: [
    group({
      shares: { 'reader-0': 30, 'reader-1': 70 },
      rebalances: [assign('reader-0'), assign('reader-1', 5), assign('reader-0', 5), assign('reader-0', 9)],
    }),
    group({ name: 'others', shares: { 'other-0': 5 }, rebalances: [assign('other-0')] }),
  ],
};

it.each([
  ['readers', 3],
  ['reader', 3],
  ['others', 1],
  [null, 4],
  ['nobody', null],
])('rebalances of %s: %s', (scope, value) => {
  expect(readRebalances(scope, two)).toEqual({ value });
});

it.each([
  ['min', 'readers', 0.3],
  ['max', 'reader', 0.7],
  ['min', 'others', 1],
  ['min', null, 0.3],
  ['max', 'nobody', null],
])('share.%s of %s: %s', (statistic, scope, value) => {
  expect(readShare(statistic, scope, two)).toEqual({ value });
});

it('of a group that received nothing nobody has a part', () => {
  expect(readShare('min', null, { ...two, groups: [group({ shares: { 'reader-0': 0 } })] })).toEqual({
    value: null,
  });
});

it.each([
  ['eager', 'ararar', 3],
  ['incremental, partitions only taken away', 'arrr', 3],
  ['one that left', 'ar', 1],
  ['one that never got any', '', 0],
])('%s: %s are %i rebalances', (_, kinds, count) => {
  const events = Array.from(kinds).map((kind) => ({
    member: 'm-0',
    kind: kind === 'a' ? ('assign' as const) : ('revoke' as const),
  }));
  expect(countRebalances(events)).toBe(count);
});

const point = (messages: number) => ({ at: 1e6, messages, time: null });
const lag = (end: number | null): GroupResult['lag'] => ({
  ...{ samples: 5, missed: 0, partitions: [] },
  ...{ most: point(90), end: end === null ? null : point(end), final: point(0) },
});
const window = { ...trialResult().totals, name: 'window' as const, from: 1, to: 3 };
const phase = { ...window, throughput: { producers: null, consumers: null } };
const sampled: TrialResult = trialResult({
  consumers: [
    consumerResult({ name: 'reader', group: 'readers-0a1b2c3d' }),
    consumerResult({ name: 'tail', group: null }),
  ],
  groups: [
    group({ lag: lag(7), drained: 2e6 }),
    group({ name: 'others', lag: lag(3), drained: 1e6 }),
    group({ name: 'uncommitted', drained: 0 }),
  ],
  phases: [phase, { ...phase, name: 'during', from: 3, to: 5 }],
  intervals: {
    ...{ second: [0, 1, 2, 3, 4], producers: {}, consumers: {} },
    groups: {
      'readers-0a1b2c3d': {
        lag: [0, 4, 9, 30, null],
        'received.reader-0': [50, 50, 30, 10, 0],
        'received.reader-1': [null, null, 20, 30, 10],
        'received.reader-2': [null, null, null, null, 0],
      },
      others: { lag: [1, 1, 1, 1, null], 'received.other-0': [5, 5, 5, 5, 5] },
    },
  },
});

it.each([
  ['lag', 7],
  ['reader.lag', 7],
  ['others.lag', 3],
  ['readers.lag@2s', 9],
  ['readers.lag@0s', 0],
  // Nobody answered then; the look before did come to something.
  ['readers.lag@4s', 30],
  ['readers.lag@30s', null],
  ['readers.lag@1s..3s', 9],
  ['lag@1s..3s', 9],
  ['readers.lag@during', 30],
  ['readers.lag@before', null],
  ['uncommitted.lag', null],
  ['tail.lag', null],
  ['readers.share.max@1s..3s', 0.8],
  ['readers.share.min@1s..3s', 0.2],
  // reader-2 was there in the end, and got nothing.
  ['readers.share.min@during', 0],
  ['share.max@1s..3s', 1],
  ['readers.share.min@6s..9s', null],
  ['drained', 2e6],
  ['others.drained', 1e6],
  ['tail.drained', null],
])('%s is %s', (metric, value) => {
  expect(readMetric(parseMetric(metric) as ParsedMetric, sampled).value).toBe(value);
});

it('drained is that of the fault where there was one, and of a group where one is named', () => {
  const faults = [faultResult({ drained: 14e6 })];
  const read = (metric: string) => readMetric(parseMetric(metric) as ParsedMetric, { ...sampled, faults });
  expect(read('drained').value).toBe(14e6);
  expect(read('readers.drained').value).toBe(2e6);
});

it('a group that had not read everything never drained', () => {
  const left = { ...sampled, groups: [group({ drained: null })] };
  const read = readMetric(parseMetric('readers.drained') as ParsedMetric, left);
  expect(read).toEqual({ value: null, never: true, reason: 'not everything was read' });
});
