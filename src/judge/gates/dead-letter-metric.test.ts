import { describe, expect, it } from 'vitest';
import { readDeadLettered } from './dead-letter-metric.ts';
import { consumerResult } from '../../results/sample.case.ts';

describe('readDeadLettered', () => {
  const consumers = [
    consumerResult({ name: 'a', group: 'bookings-0a1b2c3d', deadLettered: 3 }),
    consumerResult({ name: 'b', group: 'bookings-0a1b2c3d', deadLettered: 4 }),
    consumerResult({ name: 'c', group: 'bookings-old', deadLettered: 50 }),
    consumerResult({ name: 'd', group: null, deadLettered: null }),
    consumerResult({ name: 'e', group: 'mail' }),
  ];
  it.each([
    [null, 57],
    ['a', 3],
    ['bookings', 7],
    ['bookings-old', 50],
    ['d', null],
    ['e', null],
    ['mail', null],
    ['nobody', null],
  ])('adds up those of %s', (scope, value) => {
    expect(readDeadLettered(scope, { consumers })).toEqual({ value });
  });

  it('is nothing where no consumer may write any', () => {
    expect(readDeadLettered(null, { consumers: consumers.slice(3) })).toEqual({ value: null });
  });
});
