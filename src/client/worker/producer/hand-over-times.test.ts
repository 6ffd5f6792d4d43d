import { expect, test } from 'vitest';
import { HandOverTimes } from './hand-over-times.ts';

test('tells a time at or shortly before that of each message', () => {
  const times = new HandOverTimes(1e6);
  for (let i = 0; i < 100; i++) times.add(i, 1000 * i);
  for (let i = 0; i < 100; i++) {
    expect(times.notBefore(i)).toBeLessThanOrEqual(1000 * i);
    expect(times.notBefore(i)).toBeGreaterThan(1000 * i - 5_000);
  }
});

test('forgets what is long ago', () => {
  const times = new HandOverTimes(1e6);
  times.add(0, 0);
  for (let i = 1; i <= 100; i++) times.add(i, i * 1e6);
  expect(times.notBefore(0)).toBe(-Infinity);
  expect(times.notBefore(50)).toBe(-Infinity);
  expect(times.notBefore(95)).toBe(95e6);
  expect(times.notBefore(1000)).toBe(100e6);
});
