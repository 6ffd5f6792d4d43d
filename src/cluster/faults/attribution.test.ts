import { expect, test } from 'vitest';
import { culpritOf } from './attribution.ts';
import type { Suspect } from './attribution.ts';
import type { ClusterChange } from './cluster-changes.ts';

const second = 1e6;
const suspect = (
  id: string,
  brokers: number[],
  started: number,
  ended: number | null,
  more: Partial<Suspect> = {},
): Suspect => ({
  ...{ id, source: 'planned', brokers, started: started * second },
  ...{ ended: ended === null ? null : ended * second, ...more },
});
const inSync = (from: number[], to: number[]): ClusterChange => ({
  ...{ kind: 'in-sync', topic: 'orders', partition: 0, from, to },
});
const leader = (from: number, to: number): ClusterChange => ({
  ...{ kind: 'leader', topic: 'orders', partition: 0, from, to },
});
const culprit = (change: ClusterChange, at: number, ...suspects: Suspect[]) =>
  culpritOf(change, at * second, suspects);

test('of two faults that overlap, each has the changes of its own broker', () => {
  const two = suspect('two', [2], 3, 14);
  const three = suspect('three', [3], 5, 8);
  expect(culprit(inSync([1, 2, 3], [1, 3]), 4, two, three)).toBe('two');
  expect(culprit(inSync([1, 3], [1]), 6, two, three)).toBe('three');
  expect(culprit(inSync([1], [1, 3]), 9, two, three)).toBe('three');
  expect(culprit(inSync([1, 3], [1, 2, 3]), 16, two, three)).toBe('two');
  expect(culprit(leader(2, 3), 4, two, three)).toBe('two');
  expect(culprit(leader(3, 1), 6, two, three)).toBe('three');
  expect(culprit(leader(1, 2), 20, two, three)).toBe('two');
});

test('a broker that is hit again: what it loses belongs to the fault that lasts, then to the one that comes', () => {
  const first = suspect('first', [2], 3, 10);
  const byHand = suspect('by hand', [2], 20, 30, { source: 'observed' });
  expect(culprit(inSync([1, 2, 3], [1, 3]), 9, first, byHand)).toBe('first');
  expect(culprit(inSync([1, 3], [1, 2, 3]), 12, first, byHand)).toBe('first');
  // Seen before its broker was missed.
  expect(culprit(leader(2, 3), 18, first, byHand)).toBe('by hand');
  expect(culprit(leader(3, 2), 18, first, byHand)).toBe('first');
  expect(culprit(inSync([1, 3], [1, 2, 3]), 31, first, byHand)).toBe('by hand');
});

test('a planned fault is no cause of what came before it, an observed one of ten seconds at most', () => {
  expect(culprit(leader(2, 3), 18, suspect('planned', [2], 20, 30))).toBeNull();
  const seen = suspect('seen', [2], 20, 30, { source: 'observed' });
  expect(culprit(leader(2, 3), 9.9, seen)).toBeNull();
  expect(culprit(leader(2, 3), 10, seen)).toBe('seen');
  // What is about other brokers has nothing to do with it.
  expect(culprit(leader(3, 1), 18, seen)).toBeNull();
});

test('a change about brokers that no fault hits belongs to the latest that lasts or settles', () => {
  const two = suspect('two', [2], 3, 14);
  expect(culprit(leader(1, 3), 4, two)).toBe('two');
  expect(culprit(leader(1, 3), 74, two)).toBe('two');
  expect(culprit(leader(1, 3), 74.1, two)).toBeNull();
});

test('a partition without a leader has lost it to the fault on its leader', () => {
  const two = suspect('two', [2], 3, null);
  const three = suspect('three', [3], 5, null);
  expect(culprit(leader(2, -1), 6, two, three)).toBe('two');
  expect(culprit({ kind: 'broker-gone', broker: 2 }, 6, two, three)).toBe('two');
  expect(culprit({ kind: 'broker-back', broker: 3 }, 6, two, three)).toBe('three');
});
