import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listJournals, readJournal } from './journal-files.ts';
import { Journal, journalDirectory } from './journal.ts';
import { restoreAll } from './restore.ts';
import { describeUndo } from './undo.ts';
import type { Undo, Undone } from './undo.ts';

let directory: string;
let env: NodeJS.ProcessEnv;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kafka-bench-journal-'));
  env = { KAFKA_BENCH_CACHE: directory };
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const start = (container: string): Undo => ({ kind: 'docker', container, action: 'start', env: {} });

/** As a killed run leaves it: its owner is a pid that has ended. */
function orphan(journal: Journal): void {
  const { pid } = spawnSync('true');
  const [head, ...rest] = readFileSync(journal.path, 'utf8').split('\n');
  const dead = { ...(JSON.parse(head!) as object), owner: { pid, startTime: '1' } };
  writeFileSync(journal.path, [JSON.stringify(dead), ...rest].join('\n'));
}

function undoing(fail: readonly string[] = []) {
  const undone: string[] = [];
  return {
    undone,
    undo: (undo: Undo) => {
      const { container } = undo as Undo & { kind: 'docker' };
      if (fail.includes(container)) return Promise.reject(new Error('no engine'));
      undone.push(container);
      return Promise.resolve({ what: `${container} started`, needed: true });
    },
  };
}

test('what is open stands in the file, newest first, and nobody else may read it', () => {
  const journal = new Journal('run1', env);
  const first = journal.begin('a', start('kafka1'));
  journal.begin('b', start('kafka2'));
  journal.begin('c', start('kafka3'));
  journal.done(first, 'kafka1 started');
  expect(readJournal(journal.path)).toMatchObject({
    run: 'run1',
    owner: { pid: process.pid },
    open: [
      { fault: 'c', undo: { container: 'kafka3' } },
      { fault: 'b', undo: { container: 'kafka2' } },
    ],
    done: [{ by: 'run', what: 'kafka1 started' }],
    closed: false,
  });
  expect(statSync(journal.path).mode & 0o777).toBe(0o600);
});

test('a journal closed with nothing open is gone; with something open it stays for restore', () => {
  const clean = new Journal('run1', env);
  clean.done(clean.begin('a', start('kafka1')), 'kafka1 started');
  clean.close();
  expect(existsSync(clean.path)).toBe(false);
  const left = new Journal('run2', env);
  left.begin('a', start('kafka1'));
  left.close();
  expect(listJournals(env)).toMatchObject([{ run: 'run2', closed: true }]);
});

test('a journal closed with what can only be done later says so; with anything else open it is closed', () => {
  const later: Undo = { kind: 'side-networks', networks: ['side'], containers: [], since: 0, env: {} };
  const left = new Journal('run1', env);
  left.begin('a', later);
  left.close();
  const failed = new Journal('run2', env);
  failed.begin('a', later);
  failed.begin('b', start('kafka1'));
  failed.close();
  expect(listJournals(env)).toMatchObject([
    { run: 'run1', left: true, closed: false },
    { run: 'run2', left: false, closed: true },
  ]);
});

test('restore does what can wait last, also what an undo leaves', async () => {
  const side = (name: string): Undo & { kind: 'side-networks' } => ({
    ...{ kind: 'side-networks', networks: [name], containers: [], since: 0, env: {} },
  });
  const journal = new Journal('run1', env);
  journal.begin('a', start('kafka1'));
  journal.begin('b', { kind: 'network', home: 'home', moved: [], env: {} });
  journal.begin('c', side('first'));
  orphan(journal);
  const asked: string[] = [];
  const undo = (change: Undo): Promise<Undone> => {
    asked.push(describeUndo(change));
    const left = change.kind === 'network' ? side('second') : undefined;
    return Promise.resolve({ what: change.kind, needed: true, ...(left && { left }) });
  };
  expect((await restoreAll(env, undo)).undone).toHaveLength(4);
  expect(asked).toEqual([
    'docker network connect home ',
    'docker start kafka1',
    'docker network rm first',
    'docker network rm second',
  ]);
  expect(readdirSync(journalDirectory(env))).toEqual([]);
});

test('a torn last line is no entry', () => {
  const journal = new Journal('run1', env);
  journal.begin('a', start('kafka1'));
  appendFileSync(journal.path, '{"is":"open","entry":2,"und');
  expect(readJournal(journal.path)?.open).toHaveLength(1);
});

test('restore undoes what dead runs left, newest first, once', async () => {
  const journal = new Journal('run1', env);
  journal.begin('a', start('kafka1'));
  journal.begin('b', start('kafka2'));
  orphan(journal);
  const { undone, undo } = undoing();
  expect(await restoreAll(env, undo)).toEqual({
    undone: ['kafka2', 'kafka1'].map((name) => ({ run: 'run1', what: `${name} started`, by: 'restore' })),
    failed: [],
    alive: [],
  });
  expect(undone).toEqual(['kafka2', 'kafka1']);
  expect(await restoreAll(env, undo)).toEqual({ undone: [], failed: [], alive: [] });
  expect(readdirSync(journalDirectory(env))).toEqual([]);
});

test('a living run is left alone', async () => {
  const journal = new Journal('run1', env);
  journal.begin('a', start('kafka1'));
  const { undone, undo } = undoing();
  expect(await restoreAll(env, undo)).toMatchObject({ undone: [], alive: [{ run: 'run1', open: 1 }] });
  expect(undone).toEqual([]);
});

test('what fails stays open, and the rest is undone', async () => {
  const journal = new Journal('run1', env);
  journal.begin('a', start('kafka1'));
  journal.begin('b', start('kafka2'));
  journal.close();
  expect(await restoreAll(env, undoing(['kafka2']).undo)).toMatchObject({
    undone: [{ what: 'kafka1 started' }],
    failed: [{ run: 'run1', what: 'docker start kafka2', reason: 'no engine' }],
  });
  const { undone, undo } = undoing();
  await restoreAll(env, undo);
  expect(undone).toEqual(['kafka2']);
});

test('a place that cannot be written is refused before anything breaks', () => {
  const cache = join(directory, 'cache');
  mkdirSync(cache);
  writeFileSync(join(cache, 'faults'), 'where the journals would be');
  expect(() => new Journal('run1', { KAFKA_BENCH_CACHE: cache })).toThrow(
    expect.objectContaining({
      code: 'setup',
      hint: expect.stringContaining('KAFKA_BENCH_CACHE') as unknown,
    }) as Error,
  );
});
