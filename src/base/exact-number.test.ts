import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { inexactIntegers, isExact } from './exact-number.ts';

it.each([
  ['9007199254740991', true],
  ['9007199254740992', true],
  ['9007199254740993', false],
  ['12345678901234567890', false],
  ['-12345678901234567890', false],
  ['100000000000000000000', true],
  ['1e23', true],
  ['0.1', true],
  ['1.500', true],
  ['+007', true],
  ['0.0', true],
  ['1.00000000000000000001', false],
  ['1e400', false],
  ['0xFFFFFFFFFFFFFFFF', false],
  ['0x20000000000000', true],
  ['0o17', true],
])('%s: %s', (written, exact) => {
  expect(isExact(written, Number(written))).toBe(exact);
});

test('a whole number is, where JavaScript prints the same one', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), (whole) => {
      const number = Number(whole);
      expect(isExact(String(whole), number)).toBe(BigInt(String(number)) === whole);
    }),
  );
});

it.each([
  ['{"id": 12345678901234567890, "n": 7}', ['12345678901234567890']],
  ['[9007199254740993,-9007199254740993]', ['9007199254740993', '-9007199254740993']],
  ['{"id": "12345678901234567890", "a\\"b 9007199254740993": 1}', []],
  ['{"n": 9007199254740993.5}', []],
])('whole numbers of %s', (json, found) => {
  expect(inexactIntegers(json)).toEqual(found);
});
