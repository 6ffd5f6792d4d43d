import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir } from '../../base/cache-dir.ts';
import { BenchError } from '../../base/errors.ts';
import { packageRoot } from '../../base/package-root.ts';
import { fullVersion, isVersion, logsByLog4j1 } from '../../base/kafka-version.ts';
import { systemAdvice } from '../../base/system-error.ts';

export interface KafkaJars {
  readonly libs: string;
  readonly version: string;
  readonly from: 'KAFKA_HOME' | 'cache' | 'Maven';
}

export interface JarSources {
  readonly env: NodeJS.ProcessEnv;
  /** A release, or a line such as `3.9`. Absent: the one of the pom, or of KAFKA_HOME. */
  readonly version?: string | undefined;
}

/** Jars that are there already, without Maven; KAFKA_HOME counts only where its version is the wanted one. */
export function presentJars(sources: JarSources): KafkaJars | undefined {
  const home = sources.env['KAFKA_HOME'];
  if (home) {
    const libs = join(home, 'libs');
    const version = coreVersion(libs);
    if (version !== undefined && isVersion(version, sources.version)) {
      return { libs, version, from: 'KAFKA_HOME' };
    }
  }
  const version = wantedVersion(sources);
  const libs = cachedLibs(sources.env, version);
  return existsSync(libs) ? { libs, version, from: 'cache' } : undefined;
}

/** Kafka's jars from KAFKA_HOME, the per-user cache or Maven (54 MB, seconds). Throws BenchError with Maven's reason. */
export async function resolveJars(
  sources: JarSources & { signal?: AbortSignal | undefined; progress?: ((line: string) => void) | undefined },
): Promise<KafkaJars> {
  const present = presentJars(sources);
  if (present) return present;
  const version = wantedVersion(sources);
  sources.progress?.(`resolving Apache Kafka ${version} with Maven (once)`);
  const libs = cachedLibs(sources.env, version);
  await mkdir(join(libs, '..'), { recursive: true });
  const staging = `${libs}.${process.pid}.${randomBytes(3).toString('hex')}`;
  try {
    await copyDependencies(staging, version, sources);
    // Renamed in one step, so that the directory is complete whenever it exists; of two runs the later one yields.
    await rename(staging, libs).catch((error: unknown) => {
      if (!existsSync(libs)) throw error;
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return { libs, version, from: 'Maven' };
}

/** The version the pom names. */
export function defaultVersion(): string {
  return /<kafka\.version>([^<]+)</.exec(readFileSync(pomPath('pom.xml'), 'utf8'))![1]!;
}

function wantedVersion({ version }: JarSources): string {
  return version === undefined ? defaultVersion() : fullVersion(version);
}

function pomPath(name: 'pom.xml' | 'pom-3.xml'): string {
  return join(packageRoot(), 'src', 'cluster', name);
}

const pomOf = (version: string): string => pomPath(logsByLog4j1(version) ? 'pom-3.xml' : 'pom.xml');

function cachedLibs(env: NodeJS.ProcessEnv, version: string): string {
  // A changed pom is another set of jars.
  const pom = createHash('sha256')
    .update(readFileSync(pomOf(version)))
    .digest('hex')
    .slice(0, 8);
  return join(cacheDir(env), 'kafka', `${version}-${pom}`);
}

function coreVersion(libs: string): string | undefined {
  if (!existsSync(libs)) return undefined;
  for (const name of readdirSync(libs)) {
    const match = /^kafka_2\.1\d-(\d+\.\d+\.\d+(?:-rc\d+|-SNAPSHOT)?)\.jar$/.exec(name);
    if (match) return match[1];
  }
  return undefined;
}

function copyDependencies(
  target: string,
  version: string,
  { env, signal }: { env: NodeJS.ProcessEnv; signal?: AbortSignal | undefined },
): Promise<void> {
  const args = [
    ...['-q', '-B', '-f', pomOf(version), `-Dkafka.version=${version}`],
    ...['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${target}`],
  ];
  return new Promise((resolve, reject) => {
    const options = { env, timeout: 600_000, maxBuffer: 16 << 20, ...(signal && { signal }) };
    execFile('mvn', args, options, (error, stdout, stderr) => {
      if (!error) {
        resolve();
        return;
      }
      if (signal?.aborted) {
        reject(new BenchError('interrupted', 'interrupted while Maven resolved Kafka'));
        return;
      }
      const missing = error.code === 'ENOENT';
      reject(
        new BenchError(
          'setup',
          `cannot get Apache Kafka ${version}: ${missing ? 'no Maven on the PATH' : lastLines(stdout + stderr)}`,
          {
            hint: missing
              ? 'install Maven, or unpack a Kafka release and set KAFKA_HOME to it'
              : adviceOn(stdout + stderr),
            cause: error,
          },
        ),
      );
    });
  });
}

/** What Maven said last, without its colours and its advice on help. */
/** Maven tells what the system refused in words alone. */
const refusals: readonly (readonly [RegExp, string])[] = [
  [/No space left on device|Disk quota exceeded/, 'ENOSPC'],
  [/Permission denied|Read-only file system/, 'EACCES'],
];

function adviceOn(output: string): string {
  const code = refusals.find(([words]) => words.test(output))?.[1];
  return (
    systemAdvice({ code }) ??
    'check the version and that Maven can reach its repository, or set KAFKA_HOME to an unpacked release'
  );
}

function lastLines(output: string): string {
  const lines = output
    // eslint-disable-next-line no-control-regex
    .replace(/\x1b\[[0-9;]*m/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^\[ERROR\]\s*(->|To see|Re-run|For more|\[Help|$)/.test(line));
  return lines.slice(-3).join(' | ') || 'Maven failed without a message';
}
