import { expect, test } from 'vitest';
import { BenchError } from '../base/errors.ts';
import { outcomeAfter } from './outcome.ts';

const inPhase = { phase: 'finish', interruptedIn: 'measure' } as const;

test('says why and where, and what would help', () => {
  const error = new BenchError('cluster', 'no broker answers', { hint: 'start one' });
  expect(outcomeAfter(error, { state: 'completed' }, inPhase)).toEqual({
    ...{ state: 'failed', phase: 'finish', reason: 'no broker answers (start one)' },
  });
  const interrupted = new BenchError('interrupted', 'Ctrl-C');
  expect(outcomeAfter(interrupted, { state: 'completed' }, inPhase)).toMatchObject({
    ...{ state: 'aborted', phase: 'measure' },
  });
});

test('the first cause stands: what cannot be judged because of it does not replace it', () => {
  const first = outcomeAfter(new Error('the disk is full'), { state: 'completed' }, inPhase);
  expect(outcomeAfter(new Error('no evidence'), first, inPhase)).toBe(first);
});
