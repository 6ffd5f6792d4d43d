import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { heldIn, hold, leftAt, release } from '../cluster/leftover.ts';
import { holdTopics, releaseTopics, removeLeftTopics } from './left-topics.ts';

const cache = mkdtempSync(join(tmpdir(), 'kafka-bench-left-'));
afterAll(() => rmSync(cache, { recursive: true }));
const env = { KAFKA_BENCH_CACHE: cache };
const directory = join(cache, 'topics');

/** By a process that is no more. */
function left(run: string, bootstrap: string): void {
  const owner = { pid: 2 ** 22 + 1, startTime: '1' };
  mkdirSync(directory, { recursive: true });
  writeFileSync(
    join(directory, `${run}.json`),
    JSON.stringify({ owner, what: { run, bootstrap, names: ['orders-1'] } }),
  );
}

test('topics of a run that goes on are its own, and released they are nobody’s', async () => {
  holdTopics(env, { run: 'r1', bootstrap: '127.0.0.1:1', names: ['orders-1'] });
  expect(await removeLeftTopics(env)).toEqual([]);
  expect(heldIn(() => directory)).toHaveLength(1);
  releaseTopics(env, 'r1');
  expect(heldIn(() => directory)).toEqual([]);
});

test('a cluster of this machine that has gone took its topics along', async () => {
  left('r2', '127.0.0.1:1');
  expect(await removeLeftTopics(env)).toEqual([]);
  expect(heldIn(() => directory)).toEqual([]);
});

test('what cannot be deleted is told, and kept for the next time', async () => {
  left('r3', 'nosuch.invalid:9092');
  expect(await removeLeftTopics(env)).toMatchObject([
    { run: 'r3', names: ['orders-1'], failure: expect.stringContaining('host name') as unknown },
  ]);
  expect(heldIn(() => directory)).toHaveLength(1);
});

test('a run goes on where there is no place for it', () => {
  const nowhere = (): never => {
    throw new Error('no cache');
  };
  expect(() => {
    hold(nowhere, {});
    release(nowhere);
  }).not.toThrow();
  expect(leftAt(nowhere)).toBeUndefined();
  expect(heldIn(nowhere)).toEqual([]);
});
