import { expect, test } from 'vitest';
import { freshest } from './fresh-metadata.ts';
import type { MetadataResponse } from './topic-metadata.ts';

/** `leaders`: leader and leader epoch of each partition. */
function answer(
  brokers: readonly number[],
  leaders: readonly (readonly [number, number])[],
  topicId = 'one',
) {
  const partitions = leaders.map(([leaderId, leaderEpoch], partitionIndex) => ({
    partitionIndex,
    leaderId,
    leaderEpoch,
  }));
  return {
    brokers: brokers.map((nodeId) => ({ nodeId })),
    topics: [{ name: 't', topicId, partitions }],
  } as unknown as MetadataResponse;
}

const leadersIn = ({ topics }: MetadataResponse) => topics[0]!.partitions.map(({ leaderId }) => leaderId);

test('a broker that was cut off still calls itself a leader; those that moved on know better', () => {
  const cutOff = answer(
    [1, 2, 3],
    [
      [1, 4],
      [2, 7],
    ],
  );
  const others = answer(
    [2, 3],
    [
      [3, 5],
      [2, 7],
    ],
  );
  for (const answers of [
    [cutOff, others, others],
    [others, cutOff, others],
    [others, others, cutOff],
  ]) {
    const fresh = freshest(answers);
    expect(leadersIn(fresh)).toEqual([3, 2]);
    expect(fresh.brokers.map(({ nodeId }) => nodeId)).toEqual([2, 3]);
  }
});

test('a topic of the same name that was made anew is another topic', () => {
  expect(leadersIn(freshest([answer([1], [[1, 0]], 'new'), answer([1], [[2, 9]], 'old')]))).toEqual([1]);
});

test('the order in which a broker lists the others does not matter', () => {
  const fresh = freshest([answer([3], [[3, 1]]), answer([1, 2], [[1, 0]]), answer([2, 1], [[1, 0]])]);
  expect(fresh.brokers).toHaveLength(2);
  expect(leadersIn(fresh)).toEqual([3]);
});
