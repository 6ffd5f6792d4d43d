import { describe, expect, it } from 'vitest';
import type { ConsumerReport } from '../../protocol/report.ts';
import { consumerReport } from '../../trial/evidence.case.ts';
import { groupResult } from './group-results.ts';

const second = 1e6;
const event = (at: number, kind: 'assign' | 'revoke', ...partitions: string[]) => ({
  at: at * second,
  kind,
  partitions,
});
const report = (name: string, rebalances: ConsumerReport['rebalances'], more: Partial<ConsumerReport> = {}) =>
  consumerReport({ name, rebalances, ...more });
const of = (...reports: ConsumerReport[]) =>
  groupResult({ name: 'g', reports, redelivered: null, lag: null, drained: null }, 10 * second);

describe('rebalances', () => {
  it('take, for a member, from revocation to assignment', () => {
    const { rebalances } = of(
      report('a', [event(9, 'assign', 'p', 'q'), event(20, 'revoke', 'p', 'q'), event(20.5, 'assign', 'p')]),
      report('b', [event(20.6, 'assign', 'q'), event(30, 'revoke', 'q')]),
    );
    expect(rebalances).toEqual([
      { at: -second, member: 'a-0', kind: 'assign', took: null },
      { at: 10 * second, member: 'a-0', kind: 'revoke' },
      { at: 10.5 * second, member: 'a-0', kind: 'assign', took: 0.5 * second },
      { at: 10.6 * second, member: 'b-0', kind: 'assign', took: null },
      { at: 20 * second, member: 'b-0', kind: 'revoke' },
    ]);
  });

  it('leave partitions to nobody for a time', () => {
    const group = of(
      report('a', [event(9, 'assign', 'p', 'q'), event(20, 'revoke', 'q')]),
      report('b', [event(23, 'assign', 'q')]),
    );
    expect(group.unassigned).toBe(3 * second);
    expect(of(report('a', [event(9, 'assign', 'p'), event(20, 'revoke', 'p')])).unassigned).toBeNull();
  });

  it('are counted as the member counts that saw most', () => {
    // Incremental: partitions are taken from it, and nothing new comes.
    const incremental = [event(9, 'assign', 'p', 'q'), event(20, 'revoke', 'q'), event(25, 'revoke', 'p')];
    expect(of(report('a', [...incremental, event(40, 'revoke')])).rebalanceCount).toBe(3);
    expect(of(report('a', [event(9, 'assign', 'p'), event(20, 'revoke', 'p')])).rebalanceCount).toBe(1);
  });
});

it('a member that was started again is one member, and its absence is no rebalance', () => {
  const group = of(
    report('a', [event(9, 'assign', 'p'), event(20, 'revoke', 'p')], { measured: { received: 5, bytes: 0 } }),
    report('a', [event(30, 'assign', 'p')], { measured: { received: 7, bytes: 0 } }),
  );
  expect(group).toMatchObject({ members: 1, shares: { 'a-0': 12 } });
  expect(group.rebalances.at(-1)).toMatchObject({ kind: 'assign', took: null });
});
