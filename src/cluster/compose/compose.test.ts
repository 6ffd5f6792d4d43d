import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { clusterContract } from '../contract.case.ts';
import { environmentWith } from '../executables.case.ts';
import { contextIn } from '../local/real-kafka.case.ts';
import { heldIn } from '../leftover.ts';
import { openCluster } from '../open.ts';
import { ClusterUsers } from '../users.ts';
import { brokersOf, findContainers, versionOf } from './containers.ts';
import { command, engineMissing, hasData } from './docker.ts';
import { composeImage } from './image-name.ts';
import { keepLogs } from './broker-logs.ts';
import { endLeftProject, endLeftProjects, holdProject } from './left-project.ts';
import { composeDown } from './manage.ts';
import { runningProject, startCompose } from './open-compose.ts';
import { environmentName, overrideFile } from './override-file.ts';
import { noCompose } from './real-compose.case.ts';
import { composeWarmth } from './warmth.ts';

// The engine is that of the person who tests; what runs have left there is not looked for.
const cache = mkdtempSync(join(tmpdir(), 'kafka-bench-compose-'));
afterAll(() => rmSync(cache, { recursive: true, force: true }));
const env = { ...process.env, KAFKA_BENCH_CACHE: cache };
const absent = await noCompose();
const running = !absent && (await findContainers(env)).some((container) => container.running);

describe.skipIf(absent)('compose on a Docker engine', { timeout: 300_000 }, () => {
  clusterContract('compose', {
    open: () => openCluster({ kind: 'compose', controllers: 'combined', config: {} }, contextIn(env)),
    brokers: 3,
    names: 'services',
    admin: true,
    actions: true,
    closeStops: !running,
  });

  test.skipIf(running)(
    'takes broker properties; what is kept is used by the next run and left up',
    async () => {
      const compose = { kind: 'compose', controllers: 'combined', config: {} } as const;
      const context = contextIn({ ...env, KAFKA_BENCH_BOOTSTRAP: undefined });
      const fresh = !(await hasData(env));
      const first = await openCluster({ ...compose, config: { 'num.partitions': '7' } }, context);
      try {
        await first.close({ keep: true });
        const next = await openCluster({ ...compose, kind: 'auto' }, context);
        expect(next.kind).toBe('compose');
        expect(next.why).toBe('running compose project: no bootstrap given');
        await next.admin!.createTopic({ name: 'seven', partitions: -1, replicationFactor: -1, config: {} });
        expect((await next.admin!.describeTopic('seven')).partitions).toHaveLength(7);
        await next.admin!.deleteTopics(['seven']);
        await next.close();
        expect((await findContainers(env)).map((container) => container.running)).toEqual([true, true, true]);
      } finally {
        await composeDown(env, { removeData: fresh });
      }
      expect(await findContainers(env)).toEqual([]);
    },
  );
});

const removals: (() => void)[] = [];
afterEach(() => {
  for (const remove of removals.splice(0)) remove();
});

/** A docker that knows these containers. */
function dockerWith(containers: readonly object[]): NodeJS.ProcessEnv {
  const { env: fake, remove } = environmentWith({
    docker: `cat <<'END'\n${JSON.stringify(containers)}\nEND`,
  });
  removals.push(remove);
  return { ...fake, PATH: `${fake['PATH']!}:${process.env['PATH']!}` };
}

const container = (n: number, state: object = {}) => ({
  Name: `/kafka${n}`,
  State: { Running: true, Paused: false, Health: { Status: 'healthy' }, ...state },
  Config: { Image: 'apache/kafka:4.3.0', Labels: { 'com.docker.compose.service': `kafka${n}` } },
  HostConfig: { PortBindings: { '9092/tcp': [{ HostPort: String(29091 + n) }] } },
});

describe('what the brokers have been warmed with', () => {
  const running = (pid: number) =>
    dockerWith([container(1, { Pid: pid, StartedAt: '2026-11-30T20:00:00Z' })]);

  test('is known as long as their containers run', async () => {
    const env = running(7);
    const warmth = composeWarmth(env);
    expect(await warmth.known()).toEqual(new Set());
    await warmth.remember(['one', 'two']);
    await warmth.remember(['two', 'three']);
    const cache = { KAFKA_BENCH_CACHE: env['KAFKA_BENCH_CACHE'] };
    expect(await composeWarmth({ ...running(7), ...cache }).known()).toEqual(
      new Set(['one', 'two', 'three']),
    );
    const again = composeWarmth({ ...running(8), ...cache });
    expect(await again.known()).toEqual(new Set());
    await again.remember(['four']);
    expect(await again.known()).toEqual(new Set(['four']));
  });

  test('is nothing where the file is not whole', async () => {
    const env = running(7);
    mkdirSync(env['KAFKA_BENCH_CACHE']!);
    writeFileSync(join(env['KAFKA_BENCH_CACHE']!, 'compose-warmed.json'), '{"brokers":');
    expect(await composeWarmth(env).known()).toEqual(new Set());
  });
});

describe('containers', () => {
  test('brokers and their ports are read from what runs', async () => {
    const found = await findContainers(dockerWith([1, 2, 3].map((n) => container(n))));
    expect(brokersOf(found)).toEqual([
      { id: 1, name: 'kafka1', host: 'localhost', port: 29092 },
      { id: 2, name: 'kafka2', host: 'localhost', port: 29093 },
      { id: 3, name: 'kafka3', host: 'localhost', port: 29094 },
    ]);
    expect(versionOf(found[0]!.image)).toBe('4.3.0');
  });

  test('containers of the same names that compose did not make are not ours', async () => {
    expect(
      await findContainers(dockerWith([{ ...container(1), Config: { Image: 'x', Labels: null } }])),
    ).toEqual([]);
  });

  test('no engine is no containers', async () => {
    expect(await findContainers({ PATH: '' })).toEqual([]);
  });
});

describe('a running project', () => {
  const asked = { kind: 'auto', controllers: 'combined', config: {} } as const;
  const all = [1, 2, 3].map((n) => container(n));

  test('is taken when it is what is asked', async () => {
    const result = await runningProject(asked, contextIn(dockerWith(all)));
    expect('containers' in result && result.containers).toHaveLength(3);
  });

  test.each([
    [
      'a broker is down',
      [container(1), container(2, { Running: false }), container(3)],
      {},
      /kafka2 is not running/,
    ],
    [
      'a broker is paused',
      [container(1), container(2), container(3, { Paused: true })],
      {},
      /kafka3 is not running/,
    ],
    [
      'its containers have no health check',
      all.map((each) => ({ ...each, State: { Running: true, Paused: false } })),
      {},
      /kafka1, kafka2, kafka3 have no health check/,
    ],
    [
      'a broker is unhealthy',
      [container(1), container(2), container(3, { Health: { Status: 'unhealthy' } })],
      {},
      /kafka3 is unhealthy/,
    ],
    ['another version is asked', all, { version: '3.9.1' }, /is Kafka 4\.3\.0/],
    ['another line is asked', all, { version: '4.2' }, /is Kafka 4\.3\.0/],
    ['broker properties are asked', all, { config: { 'num.partitions': '7' } }, /without cluster\.config/],
  ])('is not taken when %s', async (_, containers, more, reason) => {
    const result = await runningProject({ ...asked, ...more }, contextIn(dockerWith(containers)));
    expect(result).toMatchObject({ started: true, reason: expect.stringMatching(reason) as unknown });
  });
});

test('broker properties reach the image by its naming rule', () => {
  expect(environmentName('min.insync.replicas')).toBe('KAFKA_MIN_INSYNC_REPLICAS');
  expect(environmentName('a-b_c.d')).toBe('KAFKA_A___B__C_D');
  expect(overrideFile({ 'num.partitions': '7' })).toContain(
    'kafka2:\n    environment:\n      KAFKA_NUM_PARTITIONS: "7"',
  );
});

/** A docker that is this script; `$*` is what it is asked, which it writes down. */
function dockerThat(script: string): { env: NodeJS.ProcessEnv; asked: () => string[] } {
  const { env: fake, remove } = environmentWith({ docker: `echo "$*" >> "$HOME/asked"\n${script}` });
  removals.push(remove);
  return {
    env: { ...fake, PATH: `${fake['PATH']!}:${process.env['PATH']!}` },
    asked: () => readFileSync(join(fake['HOME']!, 'asked'), 'utf8').trim().split('\n'),
  };
}

test('the image is the one that compose reads, with the version asked', async () => {
  const { env } = dockerThat('echo "services: { kafka1: { image: mirror/kafka:$KAFKA_VERSION } }"');
  expect(await composeImage(['docker', 'compose'], { version: '3.9' }, env)).toEqual({
    image: 'mirror/kafka:3.9.2',
  });
  const broken = dockerThat('echo "yaml: line 3: did not find expected key" >&2; exit 15');
  expect(await composeImage(['docker', 'compose'], {}, broken.env)).toEqual({
    reason: 'docker-compose.yml cannot be read: yaml: line 3: did not find expected key',
  });
});

test('an engine that this user may not use is told from one that is not there', async () => {
  const denied = dockerThat(
    'echo "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock" >&2; exit 1',
  );
  expect(await engineMissing(denied.env)).toMatch(/this user may not use .*group docker/);
  const absent = dockerThat('echo "Cannot connect to the Docker daemon" >&2; exit 1');
  expect(await engineMissing(absent.env)).toBe('Docker engine not reachable');
});

test.each([
  [
    'ERROR: for kafka1  Cannot start service kafka1: port is already allocated\nERROR: Encountered errors while bringing up the project.',
    'ERROR: for kafka1  Cannot start service kafka1: port is already allocated',
  ],
  [
    'for kafka1  Cannot start service kafka1: port is already allocated\nEncountered errors while bringing up the project.',
    'for kafka1  Cannot start service kafka1: port is already allocated',
  ],
  [
    "Error response from daemon: no such image\n\nRun 'docker run --help' for more information",
    'Error response from daemon: no such image',
  ],
])('the cause of a command that failed is not its closing words', async (stderr, reason) => {
  const { env } = dockerThat(`cat >&2 <<'END'\n${stderr}\nEND\nexit 1`);
  expect(await command('docker', ['up'], { env })).toMatchObject({ ok: false, reason });
});

describe('starting the project', () => {
  const asked = { kind: 'compose', controllers: 'combined', config: {} } as const;
  const stopped = [1, 2, 3].map((n) => container(n, { Running: false }));
  const docker = (containers: readonly object[], { image = 'apache/kafka:4.3.0', only = '' } = {}) =>
    dockerThat(`${only}
case "$*" in
  *config*) echo "services: { kafka1: { image: ${image} } }";;
  *inspect*) cat <<'END'
${JSON.stringify(containers)}
END
  ;;
  *" up "*) echo "port is already allocated" >&2; exit 1;;
  *logs*kafka2*) echo "the log of kafka2" >&2;;
esac`);

  test('leaves containers that were stopped before as they were: stopped, not removed', async () => {
    const { env, asked: commands } = docker(stopped);
    await expect(startCompose(asked, contextIn(env), 'as asked')).rejects.toThrow(
      'port is already allocated',
    );
    expect(commands().some((line) => / up -d .*--no-recreate kafka1 kafka2 kafka3$/.test(line))).toBe(true);
    expect(commands().some((line) => / stop kafka1 kafka2 kafka3$/.test(line))).toBe(true);
    expect(commands().filter((line) => / (down|rm) /.test(line))).toEqual([]);
  });

  test('refuses to make them anew', async () => {
    const { env } = docker(stopped, { image: 'apache/kafka:3.9.2' });
    await expect(startCompose(asked, contextIn(env), 'as asked')).rejects.toThrow(
      'stopped kafka1, kafka2, kafka3 are of apache/kafka:4.3.0, not apache/kafka:3.9.2',
    );
    const config = { 'num.partitions': '7' };
    await expect(startCompose({ ...asked, config }, contextIn(docker(stopped).env), '')).rejects.toThrow(
      'were made without cluster.config',
    );
  });

  test('keeps what the brokers said before they are removed', async () => {
    const { env, asked: commands } = docker([]);
    const error = await startCompose(asked, contextIn(env), 'as asked').catch((each: unknown) => each);
    const { hint } = error as { hint: string };
    expect(readFileSync(hint.replace('what the brokers said is in ', ''), 'utf8')).toBe(
      '== kafka2\nthe log of kafka2\n',
    );
    expect(commands().at(-1)).toMatch(/ down/);
  });

  describe('that a killed run has left', () => {
    const ids = [1, 2, 3].map((n) => ({ ...container(n), Id: `id-${n}` }));
    const all = ['id-1', 'id-2', 'id-3'];
    const removals = (asked: () => string[]) => asked().filter((line) => / (down|stop|rm)\b/.test(line));
    /** As a run would have it that was killed. */
    const left = (env: NodeJS.ProcessEnv, of: readonly string[] | null): void => {
      holdProject(env, { fresh: true, before: [], at: Date.now(), ids: of });
      const [note] = heldIn(() => join(env['KAFKA_BENCH_CACHE']!, 'compose-started'));
      const { what } = JSON.parse(readFileSync(note!, 'utf8')) as { what: object };
      writeFileSync(note!, JSON.stringify({ owner: { pid: 2 ** 22 + 1, startTime: '1' }, what }));
    };

    test('is ended, once', async () => {
      const { env, asked: commands } = docker(ids);
      left(env, all);
      expect(await endLeftProject(env)).toMatchObject({ kept: null });
      expect(await endLeftProject(env)).toBeUndefined();
      expect(commands().filter((line) => / down -v$/.test(line))).toHaveLength(1);
    });

    test('is not what somebody has made anew', async () => {
      const { env, asked: commands } = docker(ids);
      left(env, ['older-1', 'older-2', 'older-3']);
      expect(await endLeftProject(env)).toBeUndefined();
      expect(removals(commands)).toEqual([]);
      expect(await endLeftProjects(env)).toEqual([]);
    });

    test('stays while another run uses it', async () => {
      const { env, asked: commands } = docker(ids);
      left(env, all);
      const leave = new ClusterUsers(env).enter('compose');
      expect(await endLeftProject(env)).toMatchObject({
        kept: `process ${process.pid} uses it`,
        isUsed: true,
      });
      expect(removals(commands)).toEqual([]);
      leave();
      expect(await endLeftProject(env)).toMatchObject({ kept: null });
    });

    test('is not forgotten where no engine answers', async () => {
      const { env } = dockerThat('echo "[]"; echo "Cannot connect to the Docker daemon" >&2; exit 1');
      left(env, all);
      expect(await endLeftProject(env)).toMatchObject({ kept: 'Docker engine not reachable' });
      const gone = dockerThat('echo "[]"; echo "Error: No such container: kafka1" >&2; exit 1');
      const answering = { ...gone.env, KAFKA_BENCH_CACHE: env['KAFKA_BENCH_CACHE'] };
      expect(await endLeftProject(answering)).toBeUndefined();
      expect(await endLeftProject(env)).toBeUndefined();
    });

    test('keeps its volumes where it was killed before it knew its containers', async () => {
      const { env, asked: commands } = docker(
        ids.map((each) => ({ ...each, Created: new Date().toISOString() })),
      );
      left(env, null);
      expect(await endLeftProject(env)).toMatchObject({ kept: null });
      expect(removals(commands)).toEqual([expect.stringMatching(/ down$/)]);
    });

    test('is ended on the engine and by the name that it has, wherever one looks from', async () => {
      const { env, asked: commands } = docker(
        ids.map((each) => ({
          ...each,
          Config: {
            ...each.Config,
            Labels: { ...each.Config.Labels, 'com.docker.compose.project': 'other' },
          },
        })),
        { only: '[ "$DOCKER_HOST" = unix:///there ] || exit 1' },
      );
      const there = { ...env, DOCKER_HOST: 'unix:///there' };
      left(there, all);
      expect(await endLeftProject(env)).toBeUndefined();
      expect(await endLeftProjects(env)).toMatchObject([
        { kept: null, byHand: 'DOCKER_HOST=unix:///there docker rm -f kafka1 kafka2 kafka3' },
      ]);
      expect(removals(commands)).toEqual([expect.stringMatching(/-p other .* down -v$/)]);
    });
  });

  test('a project that another run uses outlives the one that started it', async () => {
    const { env, asked: commands } = docker([]);
    const told: string[] = [];
    new ClusterUsers(env).enter('compose');
    await expect(startCompose(asked, contextIn(env, told), 'as asked')).rejects.toThrow('already allocated');
    expect(commands().filter((line) => / down/.test(line))).toEqual([]);
    expect(told.at(-1)).toMatch(/^the compose project stays up, process \d+ uses it; .*faults restore$/);
  });

  test('says so where there is nothing to keep', async () => {
    expect(await keepLogs(['kafka1'], dockerThat('exit 1').env, 'else')).toBe('else');
  });
});
