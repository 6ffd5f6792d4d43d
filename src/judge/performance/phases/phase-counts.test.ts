import { describe, expect, it } from 'vitest';
import { receivedSecond, sentSecond } from '../../../trial/evidence.case.ts';
import { addErrors, deliveryCounts, errorsOf } from './phase-counts.ts';

describe('errorsOf', () => {
  it('adds the seconds up by code and by who met them, the most first', () => {
    const seconds = [
      { ...sentSecond(0, 1, 5), errors: { _MSG_TIMED_OUT: 1, NOT_ENOUGH_REPLICAS: 1 } },
      sentSecond(1, 1, 5),
      { ...sentSecond(2, 0, 5), errors: { NOT_ENOUGH_REPLICAS: 4 } },
      { ...receivedSecond(2, 0, 0), errors: { _TRANSPORT: 2, NOT_ENOUGH_REPLICAS: 1 } },
    ];
    expect(errorsOf(seconds)).toEqual([
      { code: 'NOT_ENOUGH_REPLICAS', scope: 'writer', count: 5 },
      { code: '_TRANSPORT', scope: 'reader', count: 2 },
      { code: '_MSG_TIMED_OUT', scope: 'writer', count: 1 },
      { code: 'NOT_ENOUGH_REPLICAS', scope: 'reader', count: 1 },
    ]);
    expect(errorsOf(seconds.slice(1, 2))).toEqual([]);
  });

  it('says nothing else of an error than code, scope and count', () => {
    const told = { code: '_TRANSPORT', scope: 'reader', phase: 'measure', count: 2 };
    expect(addErrors([told])).toEqual([{ code: '_TRANSPORT', scope: 'reader', count: 2 }]);
  });
});

describe('deliveryCounts', () => {
  const seconds = {
    duplicates: [
      { second: -2, count: 1 },
      { second: 0, count: 10 },
      { second: 7, count: 100 },
      { second: 8, count: 1000 },
    ],
    redelivered: [{ second: 9, count: 5 }],
  };

  it('gives each to one of the parts that follow on each other, also where they end within a second', () => {
    const parts = [-Infinity, 0, 7.4, 8, Infinity];
    const counts = parts.slice(1).map((to, i) => deliveryCounts(parts[i]!, to, seconds));
    expect(counts).toEqual([
      { duplicates: 1, redelivered: 0 },
      { duplicates: 110, redelivered: 0 },
      { duplicates: 0, redelivered: 0 },
      { duplicates: 1000, redelivered: 5 },
    ]);
  });

  it('knows nothing without an audit, and no count of what it cannot place', () => {
    expect(deliveryCounts(0, 10, null)).toEqual({ duplicates: null, redelivered: null });
    const unplaced = { ...seconds, duplicates: [...seconds.duplicates, { second: null, count: 1 }] };
    expect(deliveryCounts(0, 10, unplaced)).toEqual({ duplicates: null, redelivered: 5 });
  });
});
