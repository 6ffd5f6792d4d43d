import { expect, it } from 'vitest';
import { errorName } from './error-name.ts';

it.each([
  [-192, '_MSG_TIMED_OUT'],
  [-184, '_QUEUE_FULL'],
  [-195, '_TRANSPORT'],
  [19, 'NOT_ENOUGH_REPLICAS'],
  [10, 'MSG_SIZE_TOO_LARGE'],
  [0, 'NO_ERROR'],
])('error %i is %s, as Kafka users know it', (code, name) => {
  expect(errorName(code)).toBe(name);
});

it('calls a code that the binding does not know by its number', () => {
  expect(errorName(12_345)).toBe('ERROR_12345');
});
