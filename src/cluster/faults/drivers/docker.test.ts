import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missing } from '../../../../test/requirements.ts';
import { sleep } from '../../../base/clock.ts';
import { until } from '../../contract.case.ts';
import { environmentWith } from '../../executables.case.ts';
import type { FaultDriver } from '../driver.ts';
import { performUndo } from '../perform-undo.ts';
import { run } from './command.ts';
import { dockerUndo } from './docker-undo.ts';
import { dockerDriver } from './docker.ts';
import { docker, runContainer } from './tiny-container.case.ts';

const brokers = [1, 2].map((id) => ({ id, name: `h:${9000 + id}`, host: 'h', port: 9000 + id }));

describe.skipIf(missing('docker'))('containers of an external cluster', { timeout: 60_000 }, () => {
  const suffix = randomBytes(3).toString('hex');
  let obedient: string;
  let stubborn: string;
  let driver: FaultDriver;
  beforeAll(async () => {
    obedient = runContainer(`obedient-${suffix}`, ['-e', 'KAFKA_NODE_ID=2']);
    stubborn = runContainer(`stubborn-${suffix}`, ['--stop-timeout', '1'], false);
    driver = await dockerDriver({ brokers }, { second: obedient, kafka1: stubborn }, process.env);
  });
  afterAll(() => {
    driver.close?.();
    docker('rm', '-f', obedient, stubborn);
  });

  test('brokers are told apart by their environment, else by the number in their name', () => {
    expect(driver.brokers).toEqual([
      { id: 2, name: 'second' },
      { id: 1, name: 'kafka1' },
    ]);
  });

  test('stop, pause and kill take effect, are seen at once, and are undone from the journal’s entry alone', async () => {
    expect(await driver.state!('second')).toBe('running');
    expect(await driver.states!()).toEqual(
      new Map([
        ['second', 'running'],
        ['kafka1', 'running'],
      ]),
    );
    for (const [action, state] of [
      ['stop', 'stopped'],
      ['pause', 'paused'],
      ['kill', 'stopped'],
    ] as const) {
      const undo = driver.undoOf(action, 'second');
      expect(await driver.act(action, 'second')).toBeUndefined();
      expect(await driver.state!('second')).toBe(state);
      await until(async () => (await driver.states!()).get('second') === state, 5_000);
      const what = `${obedient} ${action === 'pause' ? 'resumed' : 'started'}`;
      expect(await performUndo(undo)).toEqual({ what, needed: true });
      expect(await driver.undo(undo)).toEqual({ what: `${obedient} was running already`, needed: false });
      await until(async () => (await driver.states!()).get('second') === 'running', 5_000);
    }
  });

  test('a stop by hand is seen', async () => {
    docker('stop', obedient);
    await until(async () => (await driver.states!()).get('second') === 'stopped', 5_000);
    docker('start', obedient);
    await until(async () => (await driver.states!()).get('second') === 'running', 5_000);
  });

  test('one that ended and runs again before anybody looked was stopped once, also where it was made anew', async () => {
    const name = `again-${suffix}`;
    runContainer(name, ['-e', 'KAFKA_NODE_ID=2']);
    const watched = await dockerDriver({ brokers }, { again: name }, process.env);
    try {
      expect((await watched.states!()).get('again')).toBe('running');
      docker('kill', name);
      docker('start', name);
      await sleep(500);
      expect((await watched.states!()).get('again')).toBe('stopped');
      expect(watched.ending!('again')).toBe('killed (exit code 137)');
      expect((await watched.states!()).get('again')).toBe('running');
      docker('rm', '-f', name);
      await until(async () => (await watched.states!()).get('again') === 'stopped', 5_000);
      runContainer(name, ['-e', 'KAFKA_NODE_ID=2']);
      await until(async () => (await watched.states!()).get('again') === 'running', 5_000);
    } finally {
      watched.close?.();
      docker('rm', '-f', name);
    }
  });

  test('one that is taken off its network is seen at once, and when it is back', async () => {
    const name = `parted-${suffix}`;
    docker('network', 'create', `net-${suffix}`);
    runContainer(name, ['-e', 'KAFKA_NODE_ID=2', '--network', `net-${suffix}`]);
    const watched = await dockerDriver({ brokers }, { parted: name }, process.env);
    try {
      expect((await watched.states!()).get('parted')).toBe('running');
      docker('network', 'disconnect', `net-${suffix}`, name);
      await until(async () => (await watched.states!()).get('parted') === 'disconnected', 5_000);
      docker('network', 'connect', `net-${suffix}`, name);
      await until(async () => (await watched.states!()).get('parted') === 'running', 5_000);
      docker('stop', name);
      await until(async () => (await watched.states!()).get('parted') === 'stopped', 5_000);
      expect(watched.ending!('parted')).toMatch(/^by docker stop/);
    } finally {
      watched.close?.();
      docker('rm', '-f', name);
      docker('network', 'rm', `net-${suffix}`);
    }
  });

  test('a stop that ended in SIGKILL says so', async () => {
    expect(await driver.act('stop', 'kafka1')).toMatch(/grace period.*SIGKILL \(exit code 137\)/);
    await driver.act('start', 'kafka1');
  });

  test('an undo while the engine still stops the container waits for the end of it, and starts it', async () => {
    const slow = runContainer(`slow-${suffix}`, ['--stop-timeout', '5'], false);
    try {
      const stopping = run('docker', ['stop', slow], { env: process.env, timeoutMillis: 30_000 });
      await sleep(300);
      expect(docker('inspect', '-f', '{{.State.Running}}', slow)).toBe('true');
      const undo = dockerUndo('stop', slow, process.env);
      expect(await performUndo(undo)).toEqual({ what: `${slow} started`, needed: true });
      expect(docker('inspect', '-f', '{{.State.Running}}', slow)).toBe('true');
      expect((await stopping).ok).toBe(true);
      expect(await performUndo(undo)).toEqual({ what: `${slow} was running already`, needed: false });
    } finally {
      docker('rm', '-f', slow);
    }
  });

  test('a container that is not there is refused', async () => {
    await expect(dockerDriver({ brokers }, { kafka1: 'nobody-knows-it' }, process.env)).rejects.toMatchObject(
      {
        code: 'cluster',
        message: expect.stringContaining('nobody-knows-it') as unknown,
      },
    );
  });
});

test('the engine’s settings are part of the undo; a container of no known broker is refused', async () => {
  const inspected = {
    State: { Running: true, Paused: false, ExitCode: 0 },
    Config: { Env: [] },
    HostConfig: { PortBindings: { '9092/tcp': [{ HostPort: '9002' }] } },
  };
  const { env, remove } = environmentWith({ docker: `echo '${JSON.stringify([inspected])}'` });
  try {
    const withHost = { ...env, DOCKER_HOST: 'tcp://engine:2375' };
    const driver = await dockerDriver({ brokers }, { anything: 'c' }, withHost);
    expect(driver.brokers).toEqual([{ id: 2, name: 'anything' }]);
    expect(driver.undoOf('pause', 'anything')).toEqual({
      kind: 'docker',
      container: 'c',
      action: 'unpause',
      env: { DOCKER_HOST: 'tcp://engine:2375' },
    });
    const others = brokers.map((broker) => ({ ...broker, id: broker.id + 5, port: broker.port + 50 }));
    await expect(dockerDriver({ brokers: others }, { anything: 'c' }, env)).rejects.toMatchObject({
      message: expect.stringContaining('cannot tell which broker') as unknown,
      hint: expect.stringContaining('6, 7') as unknown,
    });
  } finally {
    remove();
  }
});
