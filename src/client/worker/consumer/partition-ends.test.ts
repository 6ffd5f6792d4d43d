import { describe, expect, it } from 'vitest';
import { PartitionEnds } from './partition-ends.ts';
import { Positions } from './positions.ts';

const at = (...partitions: number[]) => partitions.map((partition) => ({ topic: 't', partition }));

describe('PartitionEnds', () => {
  it('stands at every end only when it has come to the last of them', () => {
    const ends = new PartitionEnds();
    const read = new Positions();
    expect(ends.all(read)).toBe(true);
    ends.rebalanced('assign', at(0, 1));
    ends.reached('t', 0, 0);
    expect(ends.all(read)).toBe(false);
    ends.reached('t', 1, 7);
    expect(ends.all(read)).toBe(true);
  });

  it('stands before an end again when more has come', () => {
    const ends = new PartitionEnds();
    const read = new Positions();
    ends.rebalanced('assign', at(0));
    read.advance('t', 0, 9);
    ends.reached('t', 0, 10);
    expect(ends.all(read)).toBe(true);
    read.advance('t', 0, 10);
    expect(ends.all(read)).toBe(false);
    ends.reached('t', 0, 11);
    expect(ends.all(read)).toBe(true);
  });

  it('takes the further of message and end for the position: markers have offsets too', () => {
    const ends = new PartitionEnds();
    const read = new Positions();
    read.advance('t', 0, 4);
    read.advance('t', 1, 20);
    ends.reached('t', 0, 6);
    ends.reached('t', 1, 12);
    ends.reached('u', 0, 3);
    expect(ends.positions(read, read)).toEqual({ 't/0': 6, 't/1': 21, 'u/0': 3 });
    expect(ends.all(read)).toBe(true);
  });

  it('is no further than what has been processed, whatever has been read', () => {
    const ends = new PartitionEnds();
    const read = new Positions();
    const processed = new Positions();
    read.advance('t', 0, 9);
    read.advance('t', 1, 9);
    processed.advance('t', 0, 4);
    ends.reached('t', 0, 12);
    ends.reached('t', 1, 12);
    ends.reached('t', 2, 3);
    expect(ends.positions(read, processed)).toEqual({ 't/0': 5, 't/2': 3 });
    processed.advance('t', 0, 9);
    expect(ends.positions(read, processed)).toEqual({ 't/0': 12, 't/2': 3 });
  });

  it('knows nothing of the end of a partition that came back, and asks nothing of one that went', () => {
    const ends = new PartitionEnds();
    const read = new Positions();
    ends.rebalanced('assign', at(0, 1));
    ends.reached('t', 0, 5);
    expect(ends.all(read)).toBe(false);
    ends.rebalanced('revoke', at(0, 1));
    expect(ends.all(read)).toBe(true);
    expect(ends.positions(read, read)).toEqual({});
    ends.rebalanced('assign', at(0));
    expect(ends.all(read)).toBe(false);
  });

  it('tells partitions of two topics apart', () => {
    const ends = new PartitionEnds();
    ends.rebalanced('assign', [...at(0), { topic: 'u', partition: 0 }]);
    ends.reached('t', 0, 5);
    expect(ends.all(new Positions())).toBe(false);
    ends.rebalanced('revoke', [{ topic: 'u', partition: 0 }]);
    expect(ends.all(new Positions())).toBe(true);
  });
});
