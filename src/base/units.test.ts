import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatBytes,
  formatBytesPerSecond,
  formatDuration,
  formatNumber,
  parseCount,
  parseDuration,
  parseRate,
  parseSize,
} from './units.ts';

describe('reading', () => {
  test.each([
    ['250us', 250],
    ['500ms', 500_000],
    ['10s', 10_000_000],
    ['1.5s', 1_500_000],
    ['2m', 120_000_000],
    ['1h', 3_600_000_000],
    [' 10 s ', 10_000_000],
    ['0s', 0],
    ['10', undefined],
    ['-1s', undefined],
    ['1e3s', undefined],
    ['10 sec', undefined],
    ['', undefined],
    ['s', undefined],
  ])('duration %j', (text, micros) => expect(parseDuration(text)).toBe(micros));

  test.each([
    [100, 100],
    ['100', 100],
    ['100B', 100],
    ['1KiB', 1024],
    ['1kB', 1000],
    ['1KB', 1000],
    ['1MB', 1_000_000],
    ['1MiB', 1_048_576],
    ['0.5KiB', 512],
    ['2GiB', 2_147_483_648],
    ['1kb', undefined],
    ['1K', undefined],
    [-1, undefined],
    [1.5, undefined],
    [NaN, undefined],
  ])('size %j', (given, bytes) => expect(parseSize(given)).toBe(bytes));

  test.each([
    [10, 10],
    ['10', 10],
    ['10k', 10_000],
    ['1.5k', 1500],
    ['1M', 1_000_000],
    ['1.0001k', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
    ['10K', undefined],
    ['-1', undefined],
    [-1, undefined],
  ])('count %j', (given, value) => expect(parseCount(given)).toBe(value));

  test.each([
    ['2/s', 2],
    ['300/m', 5],
    ['3600/h', 1],
    ['5k/s', 5000],
    ['1.5k/s', 1500],
    ['5000', undefined],
    ['/s', undefined],
    ['5/ms', undefined],
    ['fast/s', undefined],
  ])('rate %j', (text, perSecond) => expect(parseRate(text)).toBe(perSecond));

  test('any text gives a value that is finite and not negative, or undefined', () => {
    const value = fc.oneof(
      fc.string(),
      fc.stringMatching(/^\d{1,20}(\.\d{1,5})?(us|ms|s|m|h|k|M|G|KiB|MB|\/s|\/m)?$/),
    );
    fc.assert(
      fc.property(value, (text) => {
        for (const parse of [parseDuration, parseSize, parseCount, parseRate]) {
          const result = parse(text);
          expect(result === undefined || (Number.isFinite(result) && result >= 0)).toBe(true);
        }
      }),
    );
  });

  test('whole numbers of every unit come back', () => {
    const units = { us: 1, ms: 1e3, s: 1e6, m: 60e6, h: 3600e6 };
    fc.assert(
      fc.property(fc.nat(1e6), fc.constantFrom(...Object.entries(units)), (amount, [unit, micros]) => {
        expect(parseDuration(`${amount}${unit}`)).toBe(amount * micros);
      }),
    );
  });
});

describe('writing', () => {
  test.each([
    [0, '0'],
    [0.0123, '0.0123'],
    [0.9999, '1.00'],
    [1.234, '1.23'],
    [9.999, '10.0'],
    [12.34, '12.3'],
    [99.96, '100'],
    [123.4, '123'],
    [999.6, '1 000'],
    [1234, '1 234'],
    [1_234_567, '1 234 567'],
    [-1234, '-1 234'],
    [-123456, '-123 456'],
    [Infinity, '-'],
    [NaN, '-'],
  ])('number %d', (value, text) => expect(formatNumber(value)).toBe(text));

  test('a number keeps three digits: read back it is within half a percent', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 1e12, noNaN: true }), (value) => {
        const read = Number(formatNumber(value).replaceAll(' ', ''));
        expect(Math.abs(read - value) / value).toBeLessThanOrEqual(0.005 + 1e-9);
      }),
    );
  });

  test.each([
    [0, '0 µs'],
    [850, '850 µs'],
    [999.7, '1.00 ms'],
    [1234, '1.23 ms'],
    [999_700, '1.00 s'],
    [12_000_000, '12 s'],
    [12_345_678, '12.3 s'],
    [59_970_000, '1m 0s'],
    [125_000_000, '2m 5s'],
    [3_599_600_000, '1h 0m'],
    [5_400_000_000, '1h 30m'],
    [-850, '-850 µs'],
  ])('duration %d', (micros, text) => expect(formatDuration(micros)).toBe(text));

  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [999_600, '1.00 MB'],
    [1000, '1 KB'],
    [1024, '1.02 KB'],
    [12_345_678, '12.3 MB'],
    [2_500_000_000, '2.50 GB'],
  ])('bytes %d', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  test('bytes per second name both megas', () => {
    expect(formatBytesPerSecond(2 ** 20)).toBe('1.05 MB/s (1 MiB/s)');
  });
});
