import { expect, test } from 'vitest';
import { outcomeOf, type Check } from './check.ts';

const check = (kind: Check['kind'], holds: boolean): Check => ({ kind, holds, found: '' });

test('all conditions met and all seen: PASS', () => {
  expect(outcomeOf([check('condition', true), check('never', true), check('shown', true)])).toBe('PASS');
});

test('a missing condition is VACUOUS, also where everything else was seen', () => {
  expect(outcomeOf([check('condition', false), check('never', true), check('shown', true)])).toBe('VACUOUS');
  expect(outcomeOf([check('condition', false), check('shown', false)])).toBe('VACUOUS');
});

test('without any condition nothing is proven', () => {
  expect(outcomeOf([check('never', true), check('shown', true)])).toBe('VACUOUS');
  expect(outcomeOf([])).toBe('VACUOUS');
});

test('what must not happen fails a row whose condition is missing', () => {
  expect(outcomeOf([check('condition', false), check('never', false)])).toBe('FAIL');
});

test('what must be seen fails a row whose conditions were met', () => {
  expect(outcomeOf([check('condition', true), check('shown', false)])).toBe('FAIL');
});
