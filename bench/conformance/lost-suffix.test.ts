import { expect, test } from 'vitest';
import { lostRanges } from './lost-suffix.ts';
import { messages } from './made-up.case.ts';

/** The old leader (epoch 0) acknowledged 0 to 9, the new one (epoch 1) begins at 6. */
const truncated = {
  acked: [...messages(0, 10), ...messages(10, 14, 6)],
  stored: [...messages(0, 6), ...messages(10, 14, 6, 1)],
};

test('the end of the old leader’s log', () => {
  expect(lostRanges(truncated)).toEqual([{ partition: '0/0', from: 6, to: 9, messages: 4, against: null }]);
});

test('a log that is gone as a whole is a suffix too', () => {
  const log = { acked: messages(0, 5), stored: messages(5, 9, 0, 2) };
  expect(lostRanges(log)).toEqual([{ partition: '0/0', from: 0, to: 4, messages: 5, against: null }]);
});

test('nothing lost, nothing to tell', () => {
  expect(lostRanges({ acked: messages(0, 5), stored: messages(0, 5) })).toEqual([]);
});

test('a hole among lost ones is no suffix', () => {
  const stored = [...truncated.stored, ...messages(8, 9, 10, 1)];
  expect(lostRanges({ ...truncated, stored })[0]!.against).toBe('1 offsets between are not lost');
});

test('a loss in the middle of one epoch is no suffix', () => {
  const stored = [...messages(0, 3), ...messages(5, 10)];
  expect(lostRanges({ acked: messages(0, 10), stored })[0]).toMatchObject({
    from: 3,
    to: 4,
    against: 'offset 5 stands behind it, of the same epoch 0',
  });
});
