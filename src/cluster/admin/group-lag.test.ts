import { describe, expect, test } from 'vitest';
import type { GroupMember } from './admin.ts';
import { partitionLags } from './group-lag.ts';
import { decodeAssignment } from './member-assignment.ts';

const member = (consumerId: string, ...partitions: number[]): GroupMember => ({
  consumerId,
  clientId: 'c',
  host: '/h',
  assignment: partitions.map((partition) => ({ topic: 't', partition })),
});
const group = (...members: GroupMember[]) =>
  ({ group: 'g', protocol: 'classic', state: 'Stable', members }) as const;

describe('partitionLags', () => {
  test('members with most partitions first, those without none, then what nobody has', () => {
    const lags = partitionLags(
      group(member('one', 3), member('idle'), member('two', 2, 0)),
      [
        { topic: 't', partition: 0, offset: 4 },
        { topic: 'old', partition: 1, offset: 5 },
      ],
      ({ topic }) => (topic === 't' ? { start: 0, end: 10 } : {}),
    );
    expect(
      lags.map((l) => [l.consumerId, l.topic, l.partition, l.currentOffset, l.logEndOffset, l.lag]),
    ).toEqual([
      ['two', 't', 0, 4, 10, 6],
      ['two', 't', 2, null, 10, null],
      ['one', 't', 3, null, 10, null],
      [null, 'old', 1, 5, null, null],
    ]);
  });
});

describe('what is removed of a lag', () => {
  const removed = (offset: number, log: { start?: number; end?: number }) =>
    partitionLags(group(), [{ topic: 't', partition: 0, offset }], () => log)[0];

  test.each([
    [4, { start: 0, end: 10 }, { lag: 6, removed: 0 }],
    [4, { start: 4, end: 10 }, { lag: 6, removed: 0 }],
    [4, { start: 9, end: 10 }, { lag: 6, removed: 5 }],
    [4, { start: 10, end: 10 }, { lag: 6, removed: 6 }],
    [4, { end: 10 }, { lag: 6, removed: null, logStartOffset: null }],
  ])('committed %i of %j: %j', (offset, log, expected) => {
    expect(removed(offset, log)).toMatchObject(expected);
  });
});

describe('decodeAssignment', () => {
  test('topics with partitions after the version; user data is left', () => {
    // Version 3, two topics: "ab" with 1 and 258, "c" with none; no user data.
    const bytes = Buffer.from('0003000000020002616200000002000000010000010200016300000000ffffffff', 'hex');
    expect(decodeAssignment(bytes)).toEqual([
      { topic: 'ab', partition: 1 },
      { topic: 'ab', partition: 258 },
    ]);
  });

  test('no bytes while a group rebalances', () => {
    expect(decodeAssignment(Buffer.alloc(0))).toEqual([]);
  });
});
