import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Journal } from '../faults/journal.ts';
import { runFaultsRestore } from './faults.ts';

const cache = mkdtempSync(join(tmpdir(), 'kafka-bench-faults-'));
afterAll(() => rmSync(cache, { recursive: true }));
const env = { KAFKA_BENCH_CACHE: cache };

function lines() {
  const out: string[] = [];
  const err: string[] = [];
  return { out, err, io: { out: (line: string) => out.push(line), err: (line: string) => err.push(line) } };
}

test('says what it undid, what it could not, and what to type', async () => {
  const nothing = lines();
  expect(await runFaultsRestore({ env }, nothing.io)).toBe(0);
  expect(nothing.out).toEqual(['nothing to undo']);

  const journal = new Journal('run1', env);
  const settings = { DOCKER_HOST: 'unix:///somewhere' };
  journal.begin('a', { kind: 'docker', container: 'kafka2', action: 'start', env: settings });
  const going = lines();
  expect(await runFaultsRestore({ env }, going.io)).toBe(0);
  expect(going.out[0]).toMatch(/^run run1 goes on .*1 now open$/);
  journal.close();

  const failing = lines();
  const undo = () => Promise.reject(new Error('no engine'));
  expect(await runFaultsRestore({ env, undo }, failing.io)).toBe(5);
  expect(failing.err).toEqual([
    'run run1: could not docker start kafka2: no engine',
    'by hand: DOCKER_HOST=unix:///somewhere docker start kafka2',
  ]);

  const working = lines();
  const started = () => Promise.resolve({ what: 'kafka2 started', needed: true });
  expect(await runFaultsRestore({ env, undo: started }, working.io)).toBe(0);
  expect(working.out).toEqual(['run run1: kafka2 started']);
});
