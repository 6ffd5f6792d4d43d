import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { skippedBelow } from '../requirements.ts';
import { temporaryDirectory } from './temporary-directory.ts';

// What the system refuses the command: its output, its checkout, a home, room for results. Every command ends with one
// line that says so and exit code 5; 1 is a gate that failed.
const root = resolve(import.meta.dirname, '../..');
const command = join(root, 'bin/kafka-bench.mjs');

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function call(args: readonly string[], options: Parameters<typeof spawnSync>[2] = {}): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], {
    cwd: root,
    ...options,
  });
  const text = (bytes: string | Buffer | null): string => (bytes ?? '').toString();
  return { code: status, out: text(stdout), err: text(stderr) };
}

describe.skipIf(skippedBelow('all'))('an output that cannot be written', () => {
  test.each([
    [['--help']],
    [['--version']],
    [['run', '--help']],
    [['schema']],
    [['schema', '--result']],
    [['validate', 'scenarios/acks0.yaml']],
    [['doctor']],
  ])('%j > /dev/full', (args) => {
    const { code, err } = call(args, { stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'] });
    expect(err).toBe('error: the output cannot be written: ENOSPC: no space left on device, write\n');
    expect(code).toBe(5);
  });

  test('has no effect on a command that failed before it printed anything', () => {
    const { code, err } = call(['rnu'], { stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'] });
    expect(err).toContain('unknown command rnu');
    expect(code).toBe(2);
  });

  test('messages that cannot be written change no exit code', () => {
    const full = openSync('/dev/full', 'w');
    expect(call(['rnu'], { stdio: ['ignore', 'pipe', full] }).code).toBe(2);
    expect(call(['schema'], { stdio: ['ignore', full, full] }).code).toBe(5);
  });

  test.each([['schema'], ['--help'], ['doctor']])('%s | head -1 is no error', (name) => {
    const { stdout, stderr, status } = spawnSync(
      'bash',
      ['-c', `set -o pipefail; "${process.execPath}" "${command}" ${name} | head -1`],
      { cwd: root, encoding: 'utf8' },
    );
    expect(stdout.split('\n')).toHaveLength(2);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  });
});

const isRoot = process.getuid?.() === 0;

/** A user that the system's list does not know. */
const nobody = { uid: 54_321, gid: 54_321 };

const scenario = `cluster: mock
topics: [{ name: t }]
producers: [{ name: w, topic: t, rate: 200/s, for: 500ms }]
consumers: [{ name: r, topic: t, group: g }]
`;

describe.skipIf(!isRoot || skippedBelow('all'))('a user without an entry in the list of users', () => {
  /** What remains of an environment: no HOME, no USER, no cache. */
  const env = { PATH: process.env['PATH'] };

  test.each([
    ['no HOME', {}],
    ['a HOME that is the root', { HOME: '/' }],
  ])(
    '%s: a run ends in order',
    (_, home) => {
      const directory = temporaryDirectory();
      chownSync(directory, nobody.uid, nobody.gid);
      const file = join(directory, 's.yaml');
      writeFileSync(file, scenario);
      const temporary = join(directory, 'tmp');
      mkdirSync(temporary);
      chownSync(temporary, nobody.uid, nobody.gid);
      const { code, out, err } = call(['run', file, '--results', join(directory, 'results')], {
        ...nobody,
        cwd: directory,
        env: { ...env, ...home, TMPDIR: temporary },
      });
      expect(err).not.toMatch(/^\s+at /m);
      expect(out).toContain('result  results/');
      expect([0, 3]).toContain(code);
      expect(readdirSync(temporary)).toContain(`kafka-bench-${nobody.uid}`);
    },
    60_000,
  );

  test('no directory to write results to: one line, and exit code 5', () => {
    const directory = temporaryDirectory();
    chmodSync(directory, 0o755);
    const file = join(directory, 's.yaml');
    writeFileSync(file, scenario);
    const { code, err } = call(['run', file], { ...nobody, cwd: directory, env });
    expect(err).toMatch(/^error: cannot write results\/runs\/.*: EACCES: permission denied/m);
    expect(err).toContain('hint: choose another place with --results DIR');
    expect(err).not.toMatch(/^\s+at /m);
    expect(code).toBe(5);
  });

  test('a checkout that has to be set up, and may not be written: the reason, and exit code 5', () => {
    const clone = temporaryDirectory();
    chmodSync(clone, 0o755);
    for (const part of ['bin', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'])
      cpSync(join(root, part), join(clone, part), { recursive: true });
    mkdirSync(join(clone, 'src'));
    symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
    const { status, stderr } = spawnSync(process.execPath, [join(clone, 'bin/kafka-bench.mjs'), '--help'], {
      ...nobody,
      cwd: '/',
      env,
      encoding: 'utf8',
    });
    expect(stderr).toMatch(/^set-up failed: EACCES: permission denied/m);
    expect(stderr).toContain(`What is missing is made in ${clone}`);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(status).toBe(5);
  });
});

const mount = (size: string, path: string): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path]).status === 0;
const unmount = (path: string): void => void spawnSync('umount', [path]);

/** Containers seldom may; src/experiment/series-result.test.ts and src/cli/run.test.ts need no disk of their own. */
function mayMount(): boolean {
  const path = mkdtempSync(join(tmpdir(), 'kafka-bench-mount-'));
  const may = mount('4k', path);
  if (may) unmount(path);
  else process.stderr.write('skipped: needs the right to mount a file system, which is not here\n');
  rmdirSync(path);
  return may;
}

describe.skipIf(skippedBelow('all') || !mayMount())('a disk that is full', () => {
  test.each([
    ['from the start', '4k'],
    ['before all evidence is written', '24k'],
    ['before the result is written', '48k'],
  ])(
    '%s: what was measured is shown, with one line and exit code 5',
    async (_, size) => {
      const disk = temporaryDirectory();
      mount(size, disk);
      try {
        const file = join(temporaryDirectory(), 's.yaml');
        writeFileSync(file, scenario.replace('200/s, for: 500ms', '2000/s, for: 2s'));
        const { code, out, err } = await long(['run', file, '--results', join(disk, 'r'), '--quiet']);
        expect(out).toMatch(/^s {2}(completed|failed)/m);
        expect(out).toMatch(/^w +[\d ]+ acked/m);
        expect(out).not.toContain('result  ');
        expect(err).toMatch(/^error: cannot write .*\.json: ENOSPC: no space left on device/);
        expect(err.trimEnd().split('\n')).toHaveLength(2);
        expect(`${out}${err}`).not.toMatch(/^\s+at /m);
        expect(code).toBe(5);
        expect(existsSync(join(disk, 'r'))).toBe(true);
      } finally {
        unmount(disk);
      }
    },
    60_000,
  );
});

function long(args: readonly string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [command, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  return new Promise((done) => child.once('close', (code) => done({ code, out, err })));
}
