import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { identityOf } from './local/process-identity.ts';
import { ClusterUsers } from './users.ts';

const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-users-'));
afterAll(() => rmSync(directory, { recursive: true }));
const users = new ClusterUsers({ KAFKA_BENCH_CACHE: directory });
const note = (cluster: string, pid: number, text: unknown) =>
  writeFileSync(join(directory, 'users', `${cluster}.${pid}.json`), JSON.stringify(text));

test('others that live use a cluster; the dead and ourselves do not', () => {
  expect(users.of('a1')).toEqual([]);
  const leave = users.enter('a1');
  expect(users.of('a1')).toEqual([]);
  const parent = identityOf(process.ppid)!;
  note('a1', parent.pid, parent);
  note('a1', 7, { ...parent, startTime: 'another' });
  note('b2', parent.pid, parent);
  note('a1', 8, 'damaged');
  expect(users.of('a1')).toEqual([parent.pid]);
  expect(users.of('compose')).toEqual([]);
  leave();
  leave();
  expect(readdirSync(join(directory, 'users'))).not.toContain(`a1.${process.pid}.json`);
});
