import { describe, expect, test } from 'vitest';
import { inspectMachine, type Answer } from './inspect-machine.ts';

/** A machine whose programs answer as listed, by their command line; all others are missing. */
const answering =
  (answers: Record<string, Partial<Answer>>) => (command: string, args: readonly string[]) => {
    const line = [command.startsWith('/') ? 'node' : command, ...args.slice(0, 2)].join(' ');
    const found = Object.entries(answers).find(([start]) => line.startsWith(start))?.[1];
    return Promise.resolve({ ok: found !== undefined, stdout: '', stderr: '', ...found });
  };

describe('inspectMachine', () => {
  test('reads versions from what the programs print', async () => {
    const machine = await inspectMachine(
      answering({
        'npm --version': { stdout: '11.19.1\n' },
        'node -e': { stdout: '{"librdkafka":"2.15.1","features":["gzip"]}' },
        'java -version': { stderr: 'openjdk version "17.0.15" 2025-04-15\n' },
        'mvn --version': { stdout: '\u001b[1mApache Maven 3.8.7\u001b[m\nMaven home: /usr/share/maven\n' },
        'docker version': {
          stdout: '{"Client":{"Version":"28.2.2"},"Server":{"Platform":{},"Version":"20.10.24"}}',
        },
        'docker-compose version': { stdout: '1.29.2\n' },
        'cc --version': { stdout: 'cc (Debian 12.2.0-14) 12.2.0\nCopyright\n' },
      }),
    );
    expect(machine).toMatchObject({
      npm: '11.19.1',
      binding: { loaded: { librdkafka: '2.15.1', features: ['gzip'] } },
      maven: '3.8.7',
      docker: {
        client: '28.2.2',
        engine: '20.10.24',
        engineMissing: null,
        compose: '1.29.2 (docker-compose)',
      },
      cCompiler: 'cc (Debian 12.2.0-14) 12.2.0',
    });
    if (!process.env['JAVA_HOME']) expect(machine.java).toBe('17.0.15');
  });

  test('an engine that cannot be reached leaves the client', async () => {
    const machine = await inspectMachine(
      answering({ 'docker version': { ok: false, stdout: '{"Client":{"Version":"28.2.2"},"Server":null}' } }),
    );
    const engineMissing = 'Docker engine not reachable';
    expect(machine.docker).toEqual({ client: '28.2.2', engine: null, engineMissing, compose: null });
  });

  test('an engine that this user may not use is there, and the group to join is named', async () => {
    const stderr =
      'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock';
    const stdout = '{"Client":{"Version":"28.2.2"},"Server":null}';
    const machine = await inspectMachine(answering({ 'docker version': { ok: false, stdout, stderr } }));
    expect(machine.docker?.engineMissing).toMatch(/^this user may not use the Docker engine .*group docker/);
  });

  test('what is missing is null, and nothing throws', async () => {
    const machine = await inspectMachine(answering({}));
    expect(machine).toMatchObject({ npm: null, java: null, maven: null, docker: null, cCompiler: null });
    expect(machine.binding?.loaded).toBeNull();
  });
});
