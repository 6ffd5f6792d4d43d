import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { identityOf } from './local/process-identity.ts';
import { ClusterUsers } from './users.ts';

const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-users-'));
afterAll(() => rmSync(directory, { recursive: true }));
const users = new ClusterUsers({ KAFKA_BENCH_CACHE: directory });
const notes = () => readdirSync(join(directory, 'users'));
const note = (cluster: string, pid: number, owner: unknown) =>
  writeFileSync(join(directory, 'users', `${cluster}.${pid}.json`), JSON.stringify({ owner, what: null }));

test('those that live use a cluster; the dead do not, and their notes go', () => {
  expect(users.of('a1')).toEqual([]);
  const leave = users.enter('a1');
  expect(users.of('a1')).toEqual([process.pid]);
  leave();
  leave();
  expect(notes()).toEqual([]);
  const parent = identityOf(process.ppid)!;
  note('a1', parent.pid, parent);
  note('a1', 7, { ...parent, startTime: 'another' });
  note('b2', parent.pid, parent);
  note('a1', 8, 'damaged');
  expect(users.of('a1')).toEqual([parent.pid]);
  expect(users.of('compose')).toEqual([]);
  expect(notes()).not.toContain('a1.7.json');
});

test('two uses of one process are two: the end of one leaves the other', () => {
  const first = users.enter('c3');
  const second = users.enter('c3');
  expect(users.of('c3')).toEqual([process.pid]);
  first();
  expect(users.of('c3')).toEqual([process.pid]);
  second();
  expect(users.of('c3')).toEqual([]);
});

test('a use ends, whatever stands in the place of its note', () => {
  const leave = users.enter('d4');
  const own = notes().find((name) => name.startsWith('d4.'))!;
  rmSync(join(directory, 'users', own));
  mkdirSync(join(directory, 'users', own));
  expect(leave).not.toThrow();
  expect(users.of('d4')).toEqual([]);
});
