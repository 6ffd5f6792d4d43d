import { expect, it } from 'vitest';
import { readRebalances, readShare } from './group-metric.ts';
import { consumerResult } from './sample.case.ts';
import type { GroupResult } from './schema.ts';

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
