import { spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { platformKey, store } from '../../bin/setup/binding-cache.mjs';
import { load } from '../../bin/setup/load-binding.mjs';
import { bindingDirectory } from '../../bin/setup/ready.mjs';
import { temporaryDirectory, writeBelow } from './temporary-directory.ts';
import { skippedBelow } from '../requirements.ts';

// The command as a process, in a small clone: a program of one file, an `npm ci` that links this clone's compiler,
// and a cache that holds this clone's binding. Everything between is the real set-up.
const root = resolve(import.meta.dirname, '../..');

const fakeNpm = `
  import { appendFileSync, cpSync, mkdirSync, symlinkSync } from 'node:fs';
  import { spawn } from 'node:child_process';
  appendFileSync('npm-calls', process.argv[2] + '\\n');
  if (process.env.FAKE_NPM === 'fails') { console.log('the registry is closed'); process.exit(1); }
  mkdirSync('node_modules/@confluentinc/kafka-javascript', { recursive: true });
  if (process.env.FAKE_NPM === 'hangs') {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e3)'], { stdio: 'ignore' });
    appendFileSync('npm-pids', process.pid + ' ' + child.pid);
    process.on('SIGTERM', () => {});
    setInterval(() => {}, 1e3);
    await new Promise(() => {});
  }
  const root = ${JSON.stringify(root)};
  symlinkSync(root + '/node_modules/typescript', 'node_modules/typescript');
  mkdirSync('node_modules/@types');
  symlinkSync(root + '/node_modules/@types/node', 'node_modules/@types/node');
  const binding = 'node_modules/@confluentinc/kafka-javascript/package.json';
  cpSync(root + '/' + binding, binding);
  symlinkSync(root + '/node_modules/@mapbox', 'node_modules/@mapbox');
  cpSync('package-lock.json', 'node_modules/.package-lock.json');`;

const program = `export function main(argv: string[]): Promise<number> {
  console.log(['ran', ...argv].join(' '));
  return Promise.resolve(argv.length);
}
`;

function smallClone() {
  const clone = temporaryDirectory();
  cpSync(join(root, 'bin'), join(clone, 'bin'), { recursive: true });
  for (const file of ['package.json', 'tsconfig.json', 'tsconfig.build.json'])
    cpSync(join(root, file), join(clone, file));
  writeBelow(clone, 'package-lock.json', '{"packages":{"":{}}}');
  writeBelow(clone, 'src/cli/main.ts', program);
  writeBelow(clone, 'fake/npm-cli.js', fakeNpm);
  return clone;
}

/** A cache with the binding of this clone in it, as another clone would have left it. */
async function warmCache(): Promise<string> {
  const cache = temporaryDirectory();
  const directory = bindingDirectory(root)!;
  const { version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
    version: string;
  };
  // It passes for one with every feature, so that this machine's headers do not matter.
  const key = `${platformKey(version)}-base+gssapi+oidc+zstd`;
  expect(await store(cache, key, join(directory, 'build'), load, 'built')).not.toBeNull();
  return cache;
}

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function start(
  clone: string,
  args: string[],
  env: Record<string, string>,
  node: string[] = [],
  program = 'kafka-bench.mjs',
) {
  const child = spawn(process.execPath, [...node, join(clone, 'bin', program), ...args], {
    env: { ...process.env, npm_execpath: join(clone, 'fake/npm-cli.js'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ended = new Promise<Outcome>((done) => child.once('close', (code) => done({ code, out, err })));
  return { child, ended };
}

const kafkaBench = (clone: string, args: string[], env: Record<string, string>) =>
  start(clone, args, env).ended;

// Processes that compile, on a machine that may be busy with brokers.
describe.skipIf(skippedBelow('all'))('bin/kafka-bench.mjs', { timeout: 60_000 }, () => {
  test('sets up a fresh clone, then only what changed', async () => {
    const clone = smallClone();
    const env = { KAFKA_BENCH_CACHE: await warmCache() };

    const first = await kafkaBench(clone, ['one', 'two'], env);
    expect(first, first.err).toMatchObject({ code: 2, out: 'ran one two\n' });
    expect(first.err.replace(/[\d.]+ s/g, 'N s').split('\n')).toEqual([
      'set-up: installing dependencies (npm ci) … N s',
      'set-up: taking the native binding from the cache … N s',
      'set-up: compiling … N s',
      '',
    ]);

    expect(await kafkaBench(clone, [], env)).toEqual({ code: 0, out: 'ran\n', err: '' });

    writeBelow(clone, 'src/passing.ts', 'export const here = true;\n');
    await kafkaBench(clone, [], env);
    expect(existsSync(join(clone, 'dist/passing.js'))).toBe(true);
    rmSync(join(clone, 'src/passing.ts'));
    writeBelow(clone, 'src/cli/main.ts', program.replace("'ran'", "'ran anew'"));
    const edited = await kafkaBench(clone, [], env);
    expect(edited.out).toBe('ran anew\n');
    expect(edited.err).toMatch(/^set-up: compiling … [\d.]+ s\n$/);

    expect(readdirSync(join(clone, 'dist')).sort()).toEqual(['.kafka-bench.json', '.tsbuildinfo', 'cli']);

    rmSync(join(clone, 'dist/cli/main.js'));
    expect((await kafkaBench(clone, [], env)).out).toBe('ran anew\n');

    rmSync(join(bindingDirectory(clone)!, 'build'), { recursive: true });
    const unbuilt = await kafkaBench(clone, [], env);
    expect(unbuilt.err).toMatch(/^set-up: taking the native binding from the cache … [\d.]+ s\n$/);
  });

  test('two at once set up once', async () => {
    const clone = smallClone();
    const env = { KAFKA_BENCH_CACHE: await warmCache() };
    const both = await Promise.all([kafkaBench(clone, [], env), kafkaBench(clone, [], env)]);
    expect(both.map(({ code, out }) => ({ code, out }))).toEqual(Array(2).fill({ code: 0, out: 'ran\n' }));
    expect(readFileSync(join(clone, 'npm-calls'), 'utf8')).toBe('ci\n');
    const text = both.map(({ err }) => err).join('');
    expect(text.match(/compiling/g)).toHaveLength(1);
    expect(text).toContain('waiting for another set-up, process ');
  });

  test('shows the compiler’s errors and exits 5; the next run compiles again', async () => {
    const clone = smallClone();
    const env = { KAFKA_BENCH_CACHE: await warmCache() };
    writeBelow(clone, 'src/cli/main.ts', `${program}const wrong: number = 'text';\n`);
    for (const attempt of ['first', 'second']) {
      const { code, out, err } = await kafkaBench(clone, [], env);
      expect(code, attempt).toBe(5);
      expect(out).toBe('');
      expect(err).toContain(
        "src/cli/main.ts(5,7): error TS2322: Type 'string' is not assignable to type 'number'.",
      );
      expect(err).toContain('set-up failed: the sources do not compile');
    }
  });

  test('shows the end of the log when npm fails, and where the rest is', async () => {
    const clone = smallClone();
    const cache = temporaryDirectory();
    const { code, err } = await kafkaBench(clone, [], { KAFKA_BENCH_CACHE: cache, FAKE_NPM: 'fails' });
    expect(code).toBe(5);
    expect(err).toContain('  the registry is closed\nset-up failed: npm ci did not succeed\n');
    const log = /The whole log: (.*)/.exec(err)?.[1] ?? '';
    expect(log.startsWith(cache)).toBe(true);
    expect(readFileSync(log, 'utf8')).toContain('npm-cli.js ci --ignore-scripts');
  });

  test('names the command to type when nothing can be downloaded or built', async () => {
    const clone = smallClone();
    const programs = temporaryDirectory();
    writeBelow(programs, 'dnf');
    chmodSync(join(programs, 'dnf'), 0o755);
    // The download goes to a proxy that is not there.
    const nowhere = { https_proxy: 'http://127.0.0.1:9', HTTPS_PROXY: 'http://127.0.0.1:9', PATH: programs };
    const { code, err } = await kafkaBench(clone, [], {
      KAFKA_BENCH_CACHE: temporaryDirectory(),
      ...nowhere,
    });
    expect(code).toBe(5);
    expect(err).toContain(
      'set-up failed: no prebuilt native binding could be downloaded, and building it needs: C compiler',
    );
    expect(err).toMatch(
      /\n {2}(sudo )?dnf install -y gcc gcc-c\+\+ make python3 bash openssl-devel zlib-devel\n$/,
    );
    expect(existsSync(join(bindingDirectory(clone)!, 'build'))).toBe(false);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends the children too, and the next run starts clean', async (signal, expected) => {
    const clone = smallClone();
    const env = { KAFKA_BENCH_CACHE: await warmCache() };
    const { child, ended } = start(clone, [], { ...env, FAKE_NPM: 'hangs' });
    const pids = join(clone, 'npm-pids');
    await expect
      .poll(() => existsSync(pids) && readFileSync(pids, 'utf8'), { timeout: 30_000 })
      .toMatch(/\d+ \d+/);
    child.kill(signal);
    expect((await ended).code).toBe(expected);
    for (const pid of readFileSync(pids, 'utf8').split(' ')) {
      await expect.poll(() => isRunning(Number(pid)), { timeout: 30_000 }).toBe(false);
    }
    expect(readdirSync(join(clone, '.cache'))).toEqual([]);
    expect((await kafkaBench(clone, [], env)).code).toBe(0);
  });

  // npm test and npm run bench: each begins with one of them.
  test.each(['kafka-bench.mjs', 'dev.mjs'])('an old Node is refused in one line: %s', async (program) => {
    const old = `data:text/javascript,Object.defineProperty(process, 'versions', { value: { node: '20.18.3' } })`;
    const outcome = await start(smallClone(), [], {}, ['--import', old], program).ended;
    expect(outcome).toEqual({
      code: 5,
      out: '',
      err: 'kafka-bench needs Node 20.19 or newer; this is Node 20.18.3.\n',
    });
  });

  test('this clone’s own program answers --version', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    const { code, out } = await kafkaBench(root, ['--version'], { npm_execpath: '' });
    expect({ code, out }).toEqual({ code: 0, out: `${version}\n` });
  });
});

/** A killed child that nobody has waited for is a zombie: ended all the same. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
