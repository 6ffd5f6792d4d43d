import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sleep } from '../../base/clock.ts';
import { packageRoot } from '../../base/package-root.ts';
import { accepts, until } from '../contract.case.ts';
import { downLocal, listLocal, upLocal } from '../local/manage.ts';
import { identityOf, isAlive } from '../local/process-identity.ts';
import { contextIn, isolatedEnvironment, localRequest, noRealKafka } from '../local/real-kafka.case.ts';
import { ClusterStates } from '../local/state.ts';
import { typescriptLoader } from '../local/typescript-loader.case.ts';
import { listJournals, readJournal } from './journal-files.ts';
import { Journal } from './journal.ts';
import { performUndo } from './perform-undo.ts';
import { restoreAll } from './restore.ts';
import { startWatchdog } from './watchdog.ts';

const source = (path: string): string => JSON.stringify(join(packageRoot(), 'src', path));

/** A process that opens a journal, starts the compiled watchdog, runs `body` and then lives on. */
async function harness(env: NodeJS.ProcessEnv, body: string): Promise<{ child: ChildProcess; path: string }> {
  const script = `
    import { Journal } from ${source('cluster/faults/journal.ts')};
    import { startWatchdog } from ${source('cluster/faults/watchdog.ts')};
    const journal = new Journal('killed', process.env);
    const warning = await startWatchdog(journal.path);
    if (warning) throw new Error(warning.message);
    ${body}
    console.log(journal.path);
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--import', typescriptLoader, '--input-type=module', '-e', script], {
    env,
    cwd: packageRoot(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('the harness ended by itself')));
  ended.catch(() => undefined);
  const [said] = (await Promise.race([once(child.stdout, 'data'), ended])) as [Buffer];
  return { child, path: said.toString().trim() };
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

describe('a watchdog', { timeout: 60_000 }, () => {
  let directory: string;
  let env: NodeJS.ProcessEnv;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'kafka-bench-watchdog-'));
    env = { ...process.env, KAFKA_BENCH_CACHE: directory, MARK: join(directory, 'healed') };
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));
  const heal = `{ kind: 'command', command: 'echo $WHO >> "$MARK"', cwd: '/', env: { WHO: 'me' } }`;

  test('undoes within ten seconds when the harness is killed, and once', async () => {
    const { child, path } = await harness(env, `journal.begin('a', ${heal});`);
    const watchdog = readJournal(path)!.watchdog!;
    await kill(child);
    await until(() => Promise.resolve(existsSync(join(directory, 'healed'))), 10_000);
    await until(() => Promise.resolve(!isAlive(watchdog)), 10_000);
    expect(readFileSync(join(directory, 'healed'), 'utf8')).toBe('me\n');
    expect(readJournal(path)).toMatchObject({ open: [], done: [{ by: 'watchdog' }] });
    // What it did is told once, and then the journal has served.
    expect(await restoreAll(env, performUndo)).toMatchObject({ undone: [{ by: 'watchdog' }] });
    expect(listJournals(env)).toEqual([]);
  });

  test('survives what the terminal sends', async () => {
    const { child, path } = await harness(env, `journal.begin('a', ${heal});`);
    const watchdog = readJournal(path)!.watchdog!;
    expect(identityOf(watchdog.pid)).toBeDefined();
    process.kill(watchdog.pid, 'SIGINT');
    process.kill(watchdog.pid, 'SIGHUP');
    const { stdout } = spawn('ps', ['-o', 'sess=', '-p', String(watchdog.pid)], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [session] = (await once(stdout, 'data')) as [Buffer];
    expect(Number(session.toString())).toBe(watchdog.pid);
    await kill(child);
    await until(() => Promise.resolve(existsSync(join(directory, 'healed'))), 10_000);
  });

  test('ends by itself when the journal is closed, also with something left to restore', async () => {
    const clean = new Journal('clean', env);
    expect(await startWatchdog(clean.path)).toBeNull();
    const first = readJournal(clean.path)!.watchdog!;
    clean.close();
    const left = new Journal('left', env);
    expect(await startWatchdog(left.path)).toBeNull();
    const second = readJournal(left.path)!.watchdog!;
    left.begin('a', { kind: 'command', command: 'echo x >> "$MARK"', cwd: '/', env: {} });
    left.close();
    await until(() => Promise.resolve(!isAlive(first) && !isAlive(second)), 10_000);
    expect(existsSync(join(directory, 'healed'))).toBe(false);
  });

  test('does what a run left for later, and then nothing is left to tell', async () => {
    const journal = new Journal('over', env);
    const since = Date.now() - 3_600_000;
    const networks = { kind: 'side-networks', networks: [], containers: [], since, env: {} } as const;
    journal.begin('split', networks);
    expect(await startWatchdog(journal.path)).toBeNull();
    const watchdog = readJournal(journal.path)!.watchdog!;
    await sleep(700);
    expect(readJournal(journal.path)?.open).toHaveLength(1);
    journal.close();
    await until(() => Promise.resolve(!isAlive(watchdog)), 10_000);
    expect(listJournals(env)).toEqual([]);
  });

  test('with nothing open it leaves nothing behind', async () => {
    const { child, path } = await harness(env, '');
    await kill(child);
    await until(() => Promise.resolve(!existsSync(path)), 10_000);
  });

  test('one that cannot start is a warning', async () => {
    const journal = new Journal('lonely', env);
    const nowhere = [process.execPath, join(directory, 'nothing.js')];
    expect(await startWatchdog(journal.path, { command: nowhere })).toMatchObject({
      code: 'no-watchdog',
      message: expect.stringContaining('faults restore') as unknown,
    });
  });
});

const skipped = await noRealKafka();
describe.skipIf(skipped)('a watchdog and local Kafka', { timeout: 180_000 }, () => {
  test('the broker runs again within ten seconds of the harness’s end by SIGKILL', async () => {
    const { env, remove } = await isolatedEnvironment();
    try {
      const { cluster } = await upLocal(localRequest({ brokers: 1 }), contextIn(env));
      const port = Number(cluster.bootstrap.split(':')[1]);
      const undo = {
        kind: 'local',
        cache: env['KAFKA_BENCH_CACHE'],
        cluster: cluster.id,
        broker: 'kafka1',
        action: 'start',
      };
      const { child, path } = await harness(
        env,
        `const { actLocal } = await import(${source('cluster/local/manage.ts')});
        journal.begin('a', ${JSON.stringify(undo)});
        await actLocal(process.env, 'kill', 'kafka1', ${JSON.stringify(cluster.id)});`,
      );
      expect(listLocal(env)[0]!.nodes[0]!.status).toBe('stopped');
      await kill(child);
      await until(() => Promise.resolve(listLocal(env)[0]!.nodes[0]!.status === 'running'), 10_000);
      await until(() => accepts('127.0.0.1', port));
      await until(() => Promise.resolve(readJournal(path)?.open.length === 0));
      expect(readJournal(path)!.done).toMatchObject([{ by: 'watchdog', what: 'kafka1 started' }]);

      // Killed while the broker still ends, as a controlled shutdown may for half a minute: it is waited for.
      const before = new ClusterStates(env).read(cluster.id)!.nodes[0]!.process!;
      const stopping = await harness(
        env,
        `const { actLocal } = await import(${source('cluster/local/manage.ts')});
        journal.begin('a', ${JSON.stringify(undo)});
        void actLocal(process.env, 'stop', 'kafka1', ${JSON.stringify(cluster.id)});`,
      );
      process.kill(before.pid, 'SIGSTOP');
      await kill(stopping.child);
      await sleep(3000);
      process.kill(before.pid, 'SIGCONT');
      await until(() => Promise.resolve(!isAlive(before)), 30_000);
      await until(() => Promise.resolve(listLocal(env)[0]!.nodes[0]!.status === 'running'), 10_000);
      await until(() => Promise.resolve(readJournal(stopping.path)?.open.length === 0), 60_000);
      expect(readJournal(stopping.path)!.done).toMatchObject([{ what: 'kafka1 started' }]);
    } finally {
      await downLocal(env);
      remove();
    }
  });
});
