import fc from 'fast-check';
import { expect, test } from 'vitest';
import { editDistance, nearest } from './nearest.ts';

test.each([
  ['', '', 0],
  ['', 'abc', 3],
  ['linger.ms', 'linger.ms', 0],
  ['lingr.ms', 'linger.ms', 1],
  ['acsk', 'acks', 1],
  ['kitten', 'sitting', 3],
  ['ca', 'abc', 3],
])('distance of %j and %j is %d', (a, b, distance) => expect(editDistance(a, b)).toBe(distance));

test.each([
  ['produceers', 'producers'],
  ['comsumers', 'consumers'],
  ['Producers', 'producers'],
  ['topisc', 'topics'],
  ['xyz', undefined],
  ['', undefined],
])('nearest to %j is %j', (text, expected) => {
  expect(nearest(text, ['producers', 'consumers', 'topics', 'phases'])).toBe(expected);
});

test('the nearer of two wins', () => {
  expect(nearest('retries', ['entries', 'retries'])).toBe('retries');
});

const word = fc.string({ maxLength: 12 });

test('the distance is a symmetric number of steps: 0 only for equal texts, at most the longer length', () => {
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b);
      expect(distance).toBe(editDistance(b, a));
      expect(distance === 0).toBe(a === b);
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
    }),
  );
});

test('one typing mistake in a word of four letters or more is always found', () => {
  const mistyped = fc.tuple(
    fc.stringMatching(/^[a-z]{4,12}$/),
    fc.nat(),
    fc.constantFrom('drop', 'double', 'swap'),
  );
  fc.assert(
    fc.property(mistyped, ([name, at, kind]) => {
      const i = at % (name.length - 1);
      const letters = Array.from(name);
      if (kind === 'drop') letters.splice(i, 1);
      else if (kind === 'double') letters.splice(i, 0, letters[i]!);
      else letters.splice(i, 2, letters[i + 1]!, letters[i]!);
      expect(nearest(letters.join(''), [name])).toBe(name);
    }),
  );
});
