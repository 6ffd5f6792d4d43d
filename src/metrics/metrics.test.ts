import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isMeasured,
  metricNames,
  metrics,
  parseBound,
  parseMetric,
  parseWindow,
  type ParsedMetric,
  supportedMetrics,
  type UnitKind,
  unscopedMetrics,
} from './metrics.ts';

describe('names', () => {
  test.each([
    ['throughput', null, 'throughput', null, null],
    ['writer.ack.p99', 'writer', 'ack', 'p99', null],
    ['ack.p99@during', null, 'ack', 'p99', 'during'],
    ['batch.lag@30s', 'batch', 'lag', null, '30s'],
    ['batch.share.min@40s..60s', 'batch', 'share', 'min', '40s..60s'],
    ['errors', null, 'errors', null, null],
    ['errors._TIMED_OUT', null, 'errors', '_TIMED_OUT', null],
    ['writer.errors.NOT_ENOUGH_REPLICAS', 'writer', 'errors', 'NOT_ENOUGH_REPLICAS', null],
    ['ack.ack.p99', 'ack', 'ack', 'p99', null],
    ['lag.lag', 'lag', 'lag', null, null],
    ['my.group.v2.lag', 'my.group.v2', 'lag', null, null],
    ['transaction.p50', null, 'transaction', 'p50', null],
  ])('%s', (text, scope, name, statistic, window) => {
    expect(parseMetric(text)).toEqual({ scope, name, statistic, window });
  });

  test.each([
    ['thruput', 'throughput'],
    ['writer.thruput', 'writer.throughput'],
    ['ack.p98', 'ack.p90'],
    ['writer.ack.p9999x', 'writer.ack.p9999'],
    ['acked.p99', 'acked'],
    ['ak.p99', 'ack.p99'],
    ['Throughput', 'throughput'],
    ['e2e.p99', 'endToEnd.p99'],
    ['reader.e2e.max', 'reader.endToEnd.max'],
    ['tps', 'throughput'],
  ])('%s is nearest to %s', (text, near) => expect(parseMetric(text)).toMatchObject({ nearest: near }));

  test.each([
    ['foo.p99', 'scheduleDelay.p99, serviceAck.p99, ack.p99, endToEnd.p99'],
    ['x.foo.min', 'share.min'],
    ['foo', 'throughput, bytesPerSecond, scheduleDelay.p99, '],
  ])('%s is near to none: those that it may be are told', (text, names) => {
    expect(parseMetric(text)).toEqual({
      error: expect.stringContaining(`unknown metric "${text}"; expected one of ${names}`) as string,
    });
  });

  test.each([
    '',
    '.',
    'ack',
    '.ack.p99',
    'ack.',
    'share',
    'errors.timeout',
    'lag@',
    'lag@soon',
    'lag@1s..',
    'lag@1s..2s..3s',
    'constructor',
    'x.toString',
  ])('%j is refused', (text) => expect(parseMetric(text)).toHaveProperty('error'));

  test('every name of the registry reads back, also with a scope and a window', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...unscopedMetrics()),
        fc.stringMatching(/^[a-z][a-z0-9_-]{0,10}$/),
        (metric, scope) => {
          const parsed = parseMetric(`${scope}.${metric}@10s`);
          expect(parsed).toMatchObject({ scope, window: '10s' });
          expect(parseMetric(metric)).toMatchObject({ scope: null, window: null });
        },
      ),
    );
  });

  test('what a run measures today', () => {
    expect([...supportedMetrics].sort()).toEqual(
      [
        'abortedReads',
        'absent',
        'ack',
        'acked',
        'attempted',
        'bytesPerSecond',
        'compacted',
        'corrupt',
        'deadLettered',
        'drained',
        'duplicates',
        'endToEnd',
        'errors',
        'indeterminate',
        'invalid',
        'lag',
        'lost',
        'phantom',
        'processed',
        'rebalances',
        'received',
        'recovered',
        'redelivered',
        'rejected',
        'reordered',
        'scheduleDelay',
        'sent',
        'serviceAck',
        'share',
        'throughput',
        'tornTransactions',
        'unavailable',
        'undelivered',
      ].sort(),
    );
    expect(metricNames.every((name) => metrics[name].about.length > 0)).toBe(true);
  });
});

describe('windows', () => {
  test.each([
    ['during', { kind: 'phase', phase: 'during' }],
    ['30s', { kind: 'at', at: 30e6 }],
    ['500ms..1m', { kind: 'range', from: 500_000, to: 60e6 }],
    ['soon', undefined],
    ['1s..', undefined],
    ['..1s', undefined],
    ['1s..2s..3s', undefined],
  ])('@%s', (text, window) => expect(parseWindow(text)).toEqual(window));

  test.each([
    ['ack.p99', true],
    ['ack.p99@during', true],
    ['writer.throughput@20s..60s', true],
    ['bytesPerSecond@after', true],
    ['errors@during', true],
    ['writer.errors._MSG_TIMED_OUT@0s..10s', true],
    ['duplicates@after', true],
    ['redelivered@20s..40s', true],
    ['unavailable', true],
    // A moment, a phase that is no part of the measured one, metrics that are not kept by the second.
    ['throughput@30s', false],
    ['throughput@drain', false],
    ['lost@during', false],
    ['errors@warmup', false],
    ['transaction.p99@before', false],
    ['lag', true],
    ['batch.lag@30s', true],
    ['lag@20s..40s', true],
    ['lag@during', true],
    ['lag@drain', false],
    ['share.min@40s..60s', true],
    ['share.min@40s', false],
    ['rebalances@during', false],
  ])('%s is measured: %s', (metric, measured) =>
    expect(isMeasured(parseMetric(metric) as ParsedMetric)).toBe(measured),
  );
});

describe('bounds', () => {
  test.each<[string | number, UnitKind, string | undefined, number?]>([
    ['<= 500ms', 'duration', '<=', 500_000],
    ['<500us', 'duration', '<', 500],
    ['0', 'duration', '==', 0],
    ['<= 500', 'duration', undefined],
    ['>= 1980/s', 'rate', '>=', 1980],
    ['> 5k/s', 'rate', '>', 5000],
    ['>= 1980', 'rate', undefined],
    ['>= 10MB/s', 'bytesPerSecond', '>=', 10_000_000],
    ['>= 10MB', 'bytesPerSecond', undefined],
    ['0', 'count', '==', 0],
    [0, 'count', '==', 0],
    ['= 10k', 'count', '==', 10_000],
    ['== 3', 'count', '==', 3],
    ['>= 1', 'count', '>=', 1],
    ['>= -1', 'count', undefined],
    ['=> 1', 'count', undefined],
    ['!= 1', 'count', undefined],
    ['>=', 'count', undefined],
    ['', 'count', undefined],
    ['>= 20%', 'share', '>=', 0.2],
    ['>= 0.2', 'share', '>=', 0.2],
    ['>= 120%', 'share', undefined],
  ])('%j as %s', (text, unit, op, value) => {
    expect(parseBound(text, unit)).toEqual(op === undefined ? undefined : { op, value });
  });
});
