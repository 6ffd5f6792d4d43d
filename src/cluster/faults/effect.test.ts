import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { watchEffect } from './effect.ts';
import { realTiming } from './timing.ts';

const never = new AbortController().signal;

test('a question that nobody answers does not hide what can be seen', async () => {
  let looks = 0;
  const watch = watchEffect(
    [
      { text: 'gone from metadata', holds: () => new Promise<boolean>(() => undefined) },
      { text: 'process ended', holds: () => Promise.resolve(++looks > 1) },
    ],
    realTiming,
    never,
  );
  await watch.seen;
  const { effective, observed } = await watch.end();
  expect(effective).toBe(true);
  expect(observed).toMatch(/^process ended after \d/);
});

test('each kind is told with its delay, and none twice', async () => {
  const yes = () => Promise.resolve(true);
  const watch = watchEffect(
    [
      { text: 'a', holds: yes },
      { text: 'b', holds: yes },
    ],
    realTiming,
    never,
  );
  const { observed } = await watch.all();
  expect(getEventListeners(never, 'abort')).toEqual([]);
  expect(observed.split('; ').map((each) => each.split(' ')[0])).toEqual(['a', 'b']);
});

test('what was not seen before the end is no effect', async () => {
  const watch = watchEffect([{ text: 'a', holds: () => Promise.resolve(false) }], realTiming, never);
  expect(await watch.end()).toEqual({ effective: false, observed: 'not seen: a' });
});
