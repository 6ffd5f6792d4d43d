import { expect, test } from 'vitest';
import { latencyStatistics } from '../../metrics/metrics.ts';
import { Histogram } from '../../measure/histogram.ts';
import { Recorder } from '../../measure/recorder.ts';
import { summarise } from '../../measure/summary.ts';
import { statisticOf } from './latency-statistic.ts';

const recorder = new Recorder();
for (let i = 1; i <= 100_000; i++) recorder.record(i);
const histogram = summarise(Histogram.of(recorder.toSparse()));

test('p95 of a result that does not name it comes from its histogram', () => {
  const { p95, ...before } = histogram;
  expect(p95).toBeGreaterThan(94_000);
  expect(statisticOf(before, 'p95')).toBe(p95);
});

test('every statistic of the registry is there', () => {
  const values = latencyStatistics.map((each) => statisticOf(histogram, each));
  expect(values.every((value) => value !== null)).toBe(true);
  expect(values.slice(0, 6)).toEqual([...values.slice(0, 6)].sort((a, b) => a! - b!));
});
