import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../base/package-root.ts';
import { accepts, clusterContract, until } from '../contract.case.ts';
import { openCluster } from '../open.ts';
import { actLocal, downLocal, listLocal, upLocal } from './manage.ts';
import { identityOf, isAlive } from './process-identity.ts';
import {
  contextIn,
  isolatedEnvironment,
  localRequest,
  shortSessions,
  noRealKafka,
} from './real-kafka.case.ts';
import { ClusterStates } from './state.ts';
import type { ClusterState } from './state.ts';
import { typescriptLoader } from './typescript-loader.case.ts';

const skipped = await noRealKafka();

describe.skipIf(skipped)('local Kafka', { timeout: 180_000 }, () => {
  let env: NodeJS.ProcessEnv;
  let remove: () => void;
  beforeAll(async () => {
    ({ env, remove } = await isolatedEnvironment());
  });
  afterAll(() => remove());

  clusterContract('local', {
    open: () => openCluster(localRequest({ brokers: 3, config: shortSessions }), contextIn(env)),
    brokers: 3,
    names: 'services',
    admin: true,
    actions: true,
    closeStops: true,
  });

  const processesOf = (state: ClusterState) => state.nodes.flatMap((node) => node.process ?? []);

  test('two clusters at once take different ports, and one ending leaves the other', async () => {
    const context = contextIn(env);
    const request = localRequest({ config: { 'num.partitions': '7' } });
    const [a, b] = await Promise.all([openCluster(request, context), openCluster(request, context)]);
    try {
      const ports = new ClusterStates(env)
        .list()
        .flatMap((state) => state.nodes.flatMap((n) => Object.values(n.ports)));
      expect(ports).toHaveLength(8);
      expect(new Set(ports).size).toBe(8);
      await a.close();
      await b.admin!.createTopic({ name: 'still-here', partitions: -1, replicationFactor: -1, config: {} });
      expect((await b.admin!.describeTopic('still-here')).partitions).toHaveLength(7);
    } finally {
      await Promise.all([a.close(), b.close()]);
    }
    expect(new ClusterStates(env).list()).toEqual([]);
  });

  test('dedicated controllers keep the quorum with every broker but one down', async () => {
    const request = localRequest({ brokers: 2, controllers: 'dedicated', config: shortSessions });
    const cluster = await openCluster(request, contextIn(env));
    try {
      expect(listLocal(env)[0]!.nodes.map((node) => node.name)).toEqual([
        ...['kafka1', 'kafka2'],
        ...['controller1', 'controller2', 'controller3'],
      ]);
      expect(await cluster.admin!.controller()).toBeGreaterThan(100);
      await cluster.act('kill', 'kafka2');
      await cluster.act('stop', 'controller1');
      await cluster.admin!.createTopic({ name: 'quorum', partitions: 1, replicationFactor: 1, config: {} });
      await cluster.act('start', 'controller1');
    } finally {
      await cluster.close();
    }
  });

  test('a killed run leaves orphans that the next open stops', async () => {
    const script = `
      import { openCluster } from ${JSON.stringify(join(packageRoot(), 'src/cluster/open.ts'))};
      const cluster = await openCluster(
        { kind: 'local', controllers: 'combined', config: {} },
        { env: process.env, startMock: () => Promise.reject(new Error()) },
      );
      console.log(cluster.bootstrap);
      setInterval(() => undefined, 1000);`;
    const child = spawn(
      process.execPath,
      ['--import', typescriptLoader, '--input-type=module', '-e', script],
      {
        env,
        cwd: packageRoot(),
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const ended = once(child, 'exit').then(() => Promise.reject(new Error('the child ended by itself')));
    const [bootstrap] = (await Promise.race([once(child.stdout, 'data'), ended])) as [Buffer];
    ended.catch(() => undefined);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const [orphan] = new ClusterStates(env).list();
    expect(processesOf(orphan!).every(isAlive)).toBe(true);
    expect(bootstrap.toString()).toContain(String(orphan!.nodes[0]!.ports.client));
    // It is nobody's any more, so no command acts on it.
    expect(listLocal(env)).toEqual([]);

    const lines: string[] = [];
    const next = await openCluster(localRequest(), contextIn(env, lines));
    try {
      expect(lines).toContain('stopped 1 local cluster of killed runs');
      expect(processesOf(orphan!).some(isAlive)).toBe(false);
      expect(existsSync(orphan!.directory)).toBe(false);
    } finally {
      await next.close();
    }
  });

  test('a recycled pid is not mistaken for a broker', async () => {
    const states = new ClusterStates(env);
    const bystander = spawn('sleep', ['60'], { stdio: 'ignore' });
    const identity = identityOf(bystander.pid!)!;
    const stale = { pid: identity.pid, startTime: '1' };
    const ports = { client: 1, controller: 2, proxied: 3, advertised: 4 };
    states.write({
      ...{
        id: 'recycled',
        version: '4.3.0',
        created: '2020',
        owner: stale,
        keep: false,
        controllers: 'combined',
      },
      ...{ config: {}, java: 'java', libs: '', directory: join(env['KAFKA_BENCH_CACHE']!, 'none') },
      nodes: [{ name: 'kafka1', id: 1, role: 'combined', ports, process: stale }],
    });
    await downLocal(env);
    expect(states.list()).toEqual([]);
    expect(isAlive(identity)).toBe(true);
    bystander.kill('SIGKILL');
  });

  test('up leaves a cluster that runs use and do not stop, and that other terminals act on', async () => {
    const context = contextIn(env);
    const { cluster: up } = await upLocal(localRequest({ brokers: 1 }), context);
    try {
      expect((await upLocal(localRequest({ brokers: 1 }), context)).already).toBe(true);
      const used = await openCluster(localRequest(), context);
      expect(used.bootstrap).toBe(up.bootstrap);
      expect(used.why).toContain(up.id);
      await used.close();
      expect(await accepts('127.0.0.1', Number(up.bootstrap.split(':')[1]))).toBe(true);

      // What does not fit is not used.
      const other = await openCluster(localRequest({ config: { 'num.partitions': '2' } }), context);
      expect(other.bootstrap).not.toBe(up.bootstrap);
      await other.close();

      await actLocal(env, 'kill', 'kafka1', up.id);
      expect(listLocal(env)[0]!.nodes[0]!.status).toBe('stopped');
      await upLocal(localRequest({ brokers: 1 }), context);
      expect(listLocal(env)[0]!.nodes[0]!.status).toBe('running');
      await actLocal(env, 'pause', 'kafka1', up.id);
      expect(listLocal(env)[0]!.nodes[0]!.status).toBe('paused');
    } finally {
      expect(await downLocal(env)).toEqual([up.id]);
    }
    expect(existsSync(up.directory)).toBe(false);
  });

  test('a broker that cannot start says why', async () => {
    const request = localRequest({ config: { 'num.network.threads': 'many' } });
    await expect(openCluster(request, contextIn(env))).rejects.toThrow(/num\.network\.threads/);
    expect(new ClusterStates(env).list()).toEqual([]);
  });

  test('an interrupted start leaves nothing', async () => {
    const interrupt = new AbortController();
    const context = { ...contextIn(env), signal: interrupt.signal };
    const opening = openCluster(localRequest({ brokers: 2 }), context);
    const failed = expect(opening).rejects.toMatchObject({ code: 'interrupted' });
    await until(() => Promise.resolve(new ClusterStates(env).list().some((s) => processesOf(s).length > 0)));
    const processes = new ClusterStates(env).list().flatMap(processesOf);
    interrupt.abort();
    await failed;
    expect(processes.length).toBeGreaterThan(0);
    expect(processes.some(isAlive)).toBe(false);
    expect(new ClusterStates(env).list()).toEqual([]);
  });

  test('brokers run in a session of their own', async () => {
    const cluster = await openCluster(localRequest(), contextIn(env));
    try {
      const { pid } = processesOf(new ClusterStates(env).list()[0]!)[0]!;
      const { stdout } = await promisify(execFile)('ps', ['-o', 'sess=', '-p', String(pid)]);
      expect(Number(stdout)).toBe(pid);
    } finally {
      await cluster.close();
    }
  });
});
