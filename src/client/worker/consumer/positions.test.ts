import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Positions } from './positions.ts';

it('knows the next offset of each partition, in the forms of commits and of progress', () => {
  const positions = new Positions();
  positions.advance('b', 2, 9);
  positions.advance('a', 0, 0);
  positions.advance('b', 2, 10);
  expect(positions.list()).toEqual([
    { topic: 'b', partition: 2, offset: 11 },
    { topic: 'a', partition: 0, offset: 1 },
  ]);
  expect(positions.toRecord()).toEqual({ 'b/2': 11, 'a/0': 1 });
  positions.clear();
  expect(positions.list()).toEqual([]);
});

it('is where the last message left it, also after a redelivery', () => {
  const messages = fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.nat(20), fc.nat(1e9)));
  fc.assert(
    fc.property(messages, (list) => {
      const positions = new Positions();
      const oracle: Record<string, number> = {};
      for (const [topic, partition, offset] of list) {
        positions.advance(topic, partition, offset);
        oracle[`${topic}/${partition}`] = offset + 1;
      }
      expect(positions.toRecord()).toEqual(oracle);
    }),
  );
});
