import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { performUndo } from '../perform-undo.ts';
import { run } from './command.ts';
import { execDriver } from './exec.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'kafka-bench-exec-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const cluster = { brokers: [{ id: 2, name: 'h:9093', host: 'h', port: 9093 }] };
const say = (what: string): string =>
  `echo ${what} $KAFKA_BENCH_ACTION $KAFKA_BENCH_BROKER $KAFKA_BENCH_BROKER_ID $KAFKA_BENCH_HOST:$KAFKA_BENCH_PORT >> said`;
const said = (): string[] => readFileSync(join(cwd, 'said'), 'utf8').trim().split('\n');

test('runs the command of an action, else inject and heal, and undoes from the journal’s entry alone', async () => {
  const driver = execDriver(cluster, { kill: say('killer'), inject: say('in'), heal: say('out') }, cwd);
  expect(driver.brokers).toEqual([{ id: 2, name: 'kafka2' }]);
  expect([...driver.actions]).toEqual(['stop', 'start', 'kill', 'pause', 'unpause']);
  await driver.act('stop', 'kafka2');
  await driver.act('kill', 'kafka2');
  await performUndo(driver.undoOf('pause', 'kafka2'));
  expect(said()).toEqual([
    'in stop kafka2 2 h:9093',
    'killer kill kafka2 2 h:9093',
    'out unpause kafka2 2 h:9093',
  ]);
});

test('can do only what it has commands for, and says why one failed', async () => {
  const driver = execDriver(cluster, { stop: 'echo no such unit >&2; exit 4', start: 'true' }, cwd);
  expect([...driver.actions]).toEqual(['stop', 'start']);
  await expect(driver.act('stop', 'kafka2')).rejects.toMatchObject({
    message: 'the command for stop failed: no such unit',
  });
  expect(() => execDriver(cluster, { halt: 'x' }, cwd)).toThrow(/cluster\.commands\.halt is no action/);
});

test('a command that does not end is ended, with what it started', async () => {
  const started = performance.now();
  const result = await run('sh', ['-c', 'sleep 30 | sleep 30'], { env: process.env, timeoutMillis: 300 });
  expect(result).toEqual({ ok: false, stdout: '', reason: 'it took longer than 0.3 s' });
  expect(performance.now() - started).toBeLessThan(5_000);
});
