import { expect, test } from 'vitest';
import { Standstill } from './standstill.ts';

test('a client whose schedule has ended stands still when nothing moves for as long as the drain may take', () => {
  const standstill = new Standstill(10e6, 2e6, 60e6);
  expect(standstill.lasts(1, 0)).toBe(false);
  // Whatever does not answer now may do so while messages are due.
  expect(standstill.lasts(1, 9e6)).toBe(false);
  expect(standstill.lasts(1, 11.9e6)).toBe(false);
  expect(standstill.lasts(1, 12e6)).toBe(true);
  // It moves: late, and not for nothing.
  expect(standstill.lasts(2, 13e6)).toBe(false);
  expect(standstill.lasts(2, 14.9e6)).toBe(false);
  expect(standstill.lasts(2, 15e6)).toBe(true);
});

test('without an end a fault may last for minutes', () => {
  const standstill = new Standstill(null, 2e6, 0);
  expect(standstill.lasts(1, 5e6)).toBe(false);
  expect(standstill.lasts(1, 304e6)).toBe(false);
  expect(standstill.lasts(1, 305e6)).toBe(true);
  const patient = new Standstill(null, 600e6, 0);
  expect(patient.lasts(1, 0)).toBe(false);
  expect(patient.lasts(1, 599e6)).toBe(false);
  expect(patient.lasts(1, 600e6)).toBe(true);
  const faulty = new Standstill(null, 2e6, 400e6);
  expect(faulty.lasts(1, 0)).toBe(false);
  expect(faulty.lasts(1, 699e6)).toBe(false);
  expect(faulty.lasts(1, 700e6)).toBe(true);
});
