import { describe, expect, it } from 'vitest';
import { metrics, parseBound, parseMetric } from '../../metrics/metrics.ts';
import { evaluateExpectations } from './expect.ts';
import { readMetric } from './metric-value.ts';
import {
  consumerResult,
  faultResult,
  partitionOfFault,
  producerResult,
  trialResult,
} from '../../results/sample.case.ts';
import type { FaultResult, TrialResult } from '../../results/schema.ts';

const read = (metric: string, faults: readonly FaultResult[], more: Partial<TrialResult> = {}) => {
  const parsed = parseMetric(metric);
  if ('error' in parsed) throw new Error(parsed.error);
  return readMetric(parsed, trialResult({ faults: [...faults], ...more }));
};

/** What a gate says of it. */
const gate = (metric: string, bound: string, faults: readonly FaultResult[]) => {
  const parsed = parseMetric(metric);
  if ('error' in parsed) throw new Error(parsed.error);
  const limit = parseBound(bound, metrics[parsed.name].unit)!;
  return evaluateExpectations(
    [{ metric, bound, ...parsed, ...limit }],
    trialResult({ faults: [...faults] }),
  )[0]!;
};

const neverFired = faultResult({
  started: null,
  ended: null,
  effective: false,
  partitions: [],
  watched: null,
});

describe('unavailable', () => {
  const faults = [
    faultResult({
      partitions: [
        partitionOfFault({ unavailable: 5 }),
        partitionOfFault({ topic: 'other', unavailable: 7 }),
      ],
    }),
    faultResult({
      partitions: [partitionOfFault({ unavailable: 6 }), partitionOfFault({ unavailable: null })],
    }),
  ];

  it('is the longest over faults and partitions', () => {
    expect(read('unavailable', faults)).toEqual({ value: 7 });
  });

  it('of a producer is that of its topic', () => {
    const producers = [
      producerResult({ topic: 'orders' }),
      producerResult({ name: 'second', topic: 'other' }),
    ];
    expect(read('writer.unavailable', faults, { producers })).toEqual({ value: 6 });
    expect(read('second.unavailable', faults, { producers })).toEqual({ value: 7 });
  });

  it('is 0 where acknowledgements never ceased, and nothing where nothing happened or nobody was acknowledged', () => {
    expect(read('unavailable', [faultResult({ partitions: [partitionOfFault()] })])).toEqual({ value: 0 });
    expect(read('unavailable', [])).toEqual({ value: null, reason: 'no fault happened' });
    expect(read('unavailable', [neverFired])).toEqual({ value: null, reason: 'no fault happened' });
    const silent = faultResult({ partitions: [partitionOfFault({ unavailable: null })] });
    expect(read('unavailable', [silent]).value).toBeNull();
  });
});

describe('recovered', () => {
  it('is the worst over faults', () => {
    const faults = [faultResult(), faultResult({ recovered: 9e6 }), faultResult({ recovered: 0 })];
    expect(read('recovered', faults)).toEqual({ value: 9e6 });
  });

  it('fails every upper bound where service did not come back while it was watched', () => {
    const never = faultResult({ id: 'second', recovered: null, watched: 12e6 });
    expect(gate('recovered', '<= 1h', [faultResult(), never])).toEqual({
      metric: 'recovered',
      bound: '<= 1h',
      value: null,
      ok: false,
      reason: 'not within the 12 s that were sent after second',
    });
    expect(gate('recovered', '>= 1s', [never]).ok).toBe(true);
  });

  it.each<[string, Partial<FaultResult>, string]>([
    ['lasted to the end', { ended: null, watched: null }, 'the fault lasted to the end'],
    ['ended with the run', { watched: 4.9e6 }, 'less than 5 s were sent after the fault'],
    ['came too soon', { watched: null }, 'no steady state before the fault to compare with'],
    ['had no effect', { effective: false, watched: null }, 'no fault happened'],
  ])('neither passes nor fails for a fault that %s', (_, more, reason) => {
    const fault = faultResult({ recovered: null, ...more });
    expect(gate('recovered', '<= 30s', [fault])).toMatchObject({ ok: null, value: null, reason });
  });

  it('of a fault that says nothing does not hide what another one says', () => {
    const open = faultResult({ ended: null, watched: null, recovered: null, drained: null });
    expect(read('recovered', [open, faultResult()])).toEqual({ value: 3e6 });
    expect(read('drained', [open, faultResult()])).toEqual({ value: 14e6 });
  });
});

describe('drained', () => {
  it('is the worst over faults, also of one that ended with the sending', () => {
    expect(read('drained', [faultResult(), faultResult({ watched: 0, drained: 20e6 })])).toEqual({
      value: 20e6,
    });
  });

  it('fails where not everything came', () => {
    const lagging = faultResult({ drained: null, watched: 0 });
    expect(gate('drained', '<= 60s', [lagging])).toMatchObject({
      ok: false,
      reason: 'not everything that was sent after outage was received',
    });
  });

  it('is unknown where consumers see no due times', () => {
    const consumers = [consumerResult({ latency: { endToEnd: null } })];
    expect(read('drained', [faultResult({ drained: null })], { consumers })).toEqual({
      value: null,
      reason: 'no consumer saw due times',
    });
  });
});
