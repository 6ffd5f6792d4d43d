import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, onTestFinished, test } from 'vitest';
import { environmentWith } from '../cluster/executables.case.ts';
import { heldIn, hold, leftAt, release } from '../cluster/leftover.ts';
import { ClusterStates } from '../cluster/local/state.ts';
import { holdTopics, releaseTopics, removeLeftTopics, type RunsTopics } from './left-topics.ts';

const cache = mkdtempSync(join(tmpdir(), 'kafka-bench-left-'));
afterAll(() => rmSync(cache, { recursive: true }));
const env = { KAFKA_BENCH_CACHE: cache };
const directory = join(cache, 'topics');

const refused = '127.0.0.1:1';
const plain = { bootstrap: refused, names: ['orders-1'], kind: 'external', protocol: 'plaintext' } as const;

/** By a process that is no more. */
function left(run: string, more: Partial<RunsTopics> = {}): void {
  holdTopics(env, { run, ...plain, ...more });
  const note = join(directory, `${run}.json`);
  const { what } = JSON.parse(readFileSync(note, 'utf8')) as { what: object };
  writeFileSync(note, JSON.stringify({ owner: { pid: 2 ** 22 + 1, startTime: '1' }, what }));
}
const notes = (): readonly string[] => heldIn(() => directory);
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('topics of a run that goes on are its own, and released they are nobody’s', async () => {
  holdTopics(env, { run: 'r1', ...plain });
  expect(await removeLeftTopics(env)).toEqual([]);
  expect(notes()).toHaveLength(1);
  releaseTopics(env, 'r1');
  expect(notes()).toEqual([]);
});

test('a local cluster that has gone took its topics along', async () => {
  // Somebody else's cluster has its address now.
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  left('r2', { kind: 'local', bootstrap: `127.0.0.1:${port}` });
  expect(await removeLeftTopics(env)).toEqual([]);
  expect(notes()).toEqual([]);
});

test('one that is kept has them still, also while its brokers are stopped', async () => {
  left('r3', { kind: 'local' });
  const states = new ClusterStates(env);
  const ports = { client: 1, controller: 2, proxied: 3, advertised: 4 };
  states.write({
    ...{
      id: 'a1',
      version: '4.3.0',
      created: '',
      owner: null,
      keep: true,
      directory: '',
      java: '',
      libs: '',
    },
    ...{ controllers: 'combined', config: {} },
    nodes: [{ name: 'kafka1', id: 1, role: 'combined', ports, process: null }],
  });
  expect(await removeLeftTopics(env)).toMatchObject([{ run: 'r3' }]);
  expect(notes()).toHaveLength(1);
  states.remove('a1');
  expect(await removeLeftTopics(env)).toEqual([]);
});

test('those of the compose project have gone when its volumes have', async () => {
  const told = (volumes: string) => {
    const { env: there, remove } = environmentWith({ docker: `echo "${volumes}"` });
    onTestFinished(remove);
    return { ...there, KAFKA_BENCH_CACHE: cache };
  };
  left('r4', { kind: 'compose' });
  expect(await removeLeftTopics(told('kafka-bench_kafka1-data'))).toMatchObject([{ run: 'r4' }]);
  expect(notes()).toHaveLength(1);
  expect(await removeLeftTopics(told(''))).toEqual([]);
  expect(notes()).toEqual([]);
});

test('an address of this machine where nothing listens may be a cluster that somebody runs and has stopped', async () => {
  left('r5', { bootstrap: 'localhost:1', names: ['orders-1', 'payments-1'] });
  expect(await removeLeftTopics(env)).toMatchObject([
    {
      run: 'r5',
      failure: expect.stringContaining('connection refused') as unknown,
      byHand: [
        'kafka-bench topics delete orders-1 --bootstrap localhost:1',
        'kafka-bench topics delete payments-1 --bootstrap localhost:1',
      ],
      note: join(directory, 'r5.json'),
    },
  ]);
  expect(notes()).toHaveLength(1);
});

test('what wants a password is not asked without one, and named with a command that takes one', async () => {
  left('r6', { protocol: 'sasl_ssl' });
  expect(await removeLeftTopics(env)).toMatchObject([
    {
      failure: expect.stringContaining('the cluster wants SASL_SSL') as unknown,
      byHand: [
        `kafka-topics.sh --bootstrap-server ${refused} --command-config client.properties --delete --topic orders-1`,
      ],
    },
  ]);
  expect(notes()).toHaveLength(1);
});

test('what cannot be deleted is told, and kept for the next time', async () => {
  left('r7', { bootstrap: 'nosuch.invalid:9092' });
  expect(await removeLeftTopics(env)).toMatchObject([
    { run: 'r7', names: ['orders-1'], failure: expect.stringContaining('host name') as unknown },
  ]);
  expect(notes()).toHaveLength(1);
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
