import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const binding = dirname(
  createRequire(import.meta.url).resolve('@confluentinc/kafka-javascript/package.json'),
);
const library = join(binding, 'build', 'deps', 'librdkafka.so.1');

const packaged = '/usr/share/doc/librdkafka-dev/examples/rdkafka_performance.c';

/**
 * The source of librdkafka's own measuring tool, which the npm package of the binding leaves out:
 * RDKAFKA_PERFORMANCE, else the example that Debian's and Ubuntu's librdkafka-dev brings; undefined without it.
 */
export function performanceSource(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return [env['RDKAFKA_PERFORMANCE'] || packaged].find((file) => existsSync(file));
}

/** Why there is nothing to compile, or null. */
export function whyNoPerformance(env: NodeJS.ProcessEnv = process.env): string | null {
  if (performanceSource(env) === undefined) {
    const named = env['RDKAFKA_PERFORMANCE'];
    return named
      ? `RDKAFKA_PERFORMANCE names ${named}, which is not there`
      : `${packaged} is not there: install librdkafka-dev, or name the file in RDKAFKA_PERFORMANCE`;
  }
  return existsSync(library)
    ? null
    : 'the binding was downloaded, not built: there is no librdkafka to link with';
}

/**
 * Compiles librdkafka's own tool against the librdkafka of the binding, which may be newer than the source; returns
 * the program.
 */
export async function compilePerformance(directory: string): Promise<string> {
  const reason = whyNoPerformance();
  if (reason !== null) throw new Error(reason);
  const program = join(directory, 'rdkafka_performance');
  // Its includes ask for what librdkafka's `configure` writes, of which it needs nothing.
  mkdirSync(join(directory, 'include', 'here'), { recursive: true });
  writeFileSync(join(directory, 'include', 'config.h'), '');
  await run('cc', [
    ...['-O2', '-w', '-o', program],
    ...['-I', join(directory, 'include', 'here'), '-I', join(binding, 'deps', 'librdkafka', 'src')],
    performanceSource()!,
    ...[library, `-Wl,-rpath,${dirname(library)}`, '-lpthread'],
  ]);
  return program;
}

export interface PerformanceLoad {
  readonly bootstrap: string;
  /** Of one partition. */
  readonly topic: string;
  /** Messages a second. */
  readonly rate: number;
  /** Messages; what it tells of the first `skip` is left out. */
  readonly count: number;
  readonly skip: number;
  readonly lingerMillis: number;
}

/**
 * Its producer (100 B, acks=all) and its consumer at once: ms from inside each message to the delivery report, and to
 * the consumer, in rising order.
 */
export async function rdkafkaPerformance(
  program: string,
  { bootstrap, topic, rate, count, skip, lingerMillis }: PerformanceLoad,
): Promise<{ acknowledged: readonly number[]; received: readonly number[] }> {
  const measure = async (mode: '-P' | '-C', ...more: string[]): Promise<readonly number[]> => {
    const file = `${program}-${topic}${mode}`;
    const which = [mode, '-t', topic, '-p', '0', '-b', bootstrap, '-c', String(count)];
    await run(program, [...which, ...more, '-l', '-A', file, '-q'], { timeout: 50_000 });
    const micros = readFileSync(file, 'utf8').trim().split('\n').map(Number);
    return micros
      .slice(skip)
      .map((latency) => latency / 1000)
      .sort((a, b) => a - b);
  };
  const [acknowledged, received] = await Promise.all([
    measure('-P', '-r', String(rate), '-s', '100', '-a', '-1', '-X', `linger.ms=${lingerMillis}`),
    measure('-C', '-o', 'beginning'),
  ]);
  return { acknowledged, received };
}
