import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../base/package-root.ts';
import { engineProblem } from '../../cluster/compose/docker.ts';

/** What this machine has; null: not there, or it did not answer. Versions are as the programs print them. */
export interface Machine {
  readonly kafkaBench: string;
  readonly node: string;
  readonly npm: string | null;
  readonly binding: Binding | null;
  readonly java: string | null;
  readonly maven: string | null;
  readonly docker: {
    readonly client: string;
    readonly engine: string | null;
    /** Why there is no engine, in a clause; null: it answered. */
    readonly engineMissing: string | null;
    readonly compose: string | null;
  } | null;
  readonly cCompiler: string | null;
  readonly cores: number;
  readonly processor: string;
  readonly memory: { readonly totalBytes: number; readonly freeBytes: number };
}

export interface Binding {
  readonly version: string;
  /** `unknown` where the set-up has not looked at it yet. */
  readonly source: 'prebuilt' | 'built' | 'unknown';
  /** Null when the binary does not load. */
  readonly loaded: { readonly librdkafka: string; readonly features: readonly string[] } | null;
}

export interface Answer {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; one that is missing, fails or is silent for too long answers `ok: false`. */
export type Ask = (command: string, args: readonly string[]) => Promise<Answer>;

const patienceMillis = 10_000;

export const askProgram: Ask = (command, args) =>
  new Promise((resolve) => {
    const options = { timeout: patienceMillis, cwd: packageRoot() };
    execFile(command, args, options, (error, stdout, stderr) =>
      resolve({ ok: error === null, stdout, stderr }),
    );
  });

export async function inspectMachine(ask: Ask = askProgram): Promise<Machine> {
  const [npm, binding, java, maven, docker, cCompiler] = await Promise.all([
    ask('npm', ['--version']).then(firstLine),
    inspectBinding(ask),
    inspectJava(ask),
    ask('mvn', ['--version']).then((answer) => match(answer.stdout, /Apache Maven ([\d.]+)/)),
    inspectDocker(ask),
    ask('cc', ['--version']).then(firstLine),
  ]);
  return {
    kafkaBench: versionIn(join(packageRoot(), 'package.json')),
    node: process.versions.node,
    npm,
    binding,
    java,
    maven,
    docker,
    cCompiler,
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? 'unknown',
    memory: { totalBytes: totalmem(), freeBytes: freemem() },
  };
}

// The binding is loaded by a child: the coordinator never does (ARCHITECTURE.md), and a broken one may crash.
const describeBinding = `const binding = require(process.argv[1]);
  console.log(JSON.stringify({ librdkafka: binding.librdkafkaVersion, features: binding.features }))`;

async function inspectBinding(ask: Ask): Promise<Binding | null> {
  let directory: string;
  try {
    const require = createRequire(join(packageRoot(), 'package.json'));
    directory = dirname(require.resolve('@confluentinc/kafka-javascript/package.json'));
  } catch {
    return null;
  }
  const { ok, stdout } = await ask(process.execPath, ['-e', describeBinding, directory]);
  return {
    version: versionIn(join(directory, 'package.json')),
    source: sourceOf(directory),
    loaded: ok ? (JSON.parse(stdout) as NonNullable<Binding['loaded']>) : null,
  };
}

/** The set-up (bin/setup/binding.mjs) leaves a note beside the binary. */
function sourceOf(directory: string): Binding['source'] {
  try {
    const stamp = JSON.parse(readFileSync(join(directory, 'build', '.kafka-bench.json'), 'utf8')) as {
      source?: unknown;
    };
    return stamp.source === 'prebuilt' || stamp.source === 'built' ? stamp.source : 'unknown';
  } catch {
    return 'unknown';
  }
}

async function inspectJava(ask: Ask): Promise<string | null> {
  const home = process.env['JAVA_HOME'];
  const { stdout, stderr } = await ask(home ? join(home, 'bin', 'java') : 'java', ['-version']);
  return match(stderr + stdout, /version "([^"]+)"/);
}

async function inspectDocker(ask: Ask): Promise<Machine['docker']> {
  const [version, composePlugin, composeProgram] = await Promise.all([
    // Without an engine it fails, but still prints the client's part.
    ask('docker', ['version', '--format', '{{json .}}']),
    ask('docker', ['compose', 'version', '--short']),
    ask('docker-compose', ['version', '--short']),
  ]);
  const client = match(version.stdout, /"Client":\{.*?"Version":"([^"]+)"/);
  if (client === null) return null;
  const plugin = firstLine(composePlugin);
  const program = firstLine(composeProgram);
  const engine = version.ok ? match(version.stdout, /"Server":\{.*?"Version":"([^"]+)"/) : null;
  return {
    client,
    engine,
    engineMissing: engine === null ? engineProblem(version.stderr) : null,
    compose: plugin ?? (program === null ? null : `${program} (docker-compose)`),
  };
}

function firstLine(answer: Answer): string | null {
  return answer.ok ? (answer.stdout.split('\n')[0]?.trim() ?? null) : null;
}

function match(text: string, form: RegExp): string | null {
  return form.exec(text)?.[1] ?? null;
}

function versionIn(manifest: string): string {
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
