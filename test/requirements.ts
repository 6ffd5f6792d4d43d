import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What a test may need beyond Node, and how to look whether it is here. */
const requirements = {
  java: { what: 'Java 17 or newer', probe: () => javaMajor() >= 17 },
  maven: { what: 'Maven', probe: () => runs('mvn', '--version') },
  docker: { what: 'a reachable Docker engine', probe: () => runs('docker', 'version') },
  compose: {
    what: 'docker compose',
    probe: () => runs('docker', 'compose', 'version') || runs('docker-compose', 'version'),
  },
  'c-compiler': { what: 'a C compiler', probe: () => runs('cc', '--version') },
  'packet-capture': { what: 'Linux and CAP_NET_RAW, to see packets', probe: () => mayCapture() },
} as const;

export type Requirement = keyof typeof requirements;

const answers = new Map<Requirement, boolean>();

/**
 * For `describe.skipIf(missing('java', 'maven'))`: true, with the reason printed, when one of them is not here.
 * With KAFKA_BENCH_REQUIRE_ALL set (as .ci/run does) it throws instead: there, a skip would hide a failure.
 */
export function missing(...needed: readonly Requirement[]): boolean {
  const absent = needed.filter((name) => !isHere(name)).map((name) => requirements[name].what);
  if (absent.length === 0) return false;
  const reason = `needs ${absent.join(' and ')}, which is not here`;
  if (process.env['KAFKA_BENCH_REQUIRE_ALL'])
    throw new Error(`KAFKA_BENCH_REQUIRE_ALL is set and a test ${reason}`);
  process.stderr.write(`skipped: ${reason}\n`);
  return true;
}

/**
 * For `describe.skipIf(takesMinutes() || …)`: such tests run in CI (.ci/run) and with KAFKA_BENCH_LONG=1, so that
 * `npm test` is one that people run.
 */
export function takesMinutes(): boolean {
  if (process.env['KAFKA_BENCH_REQUIRE_ALL'] || process.env['KAFKA_BENCH_LONG']) return false;
  process.stderr.write('skipped: takes minutes (KAFKA_BENCH_LONG=1 runs it, and CI does)\n');
  return true;
}

/**
 * For `describe.skipIf(leavesNetworks() || …)`: tests that part brokers by Docker networks. After such a fault a broker
 * may connect to an address that is no longer on this machine, so that packets leave by the default route. They run
 * only where KAFKA_BENCH_NETWORK_PARTITIONS=1 says that the engine has no way out, not even in CI.
 */
export function leavesNetworks(): boolean {
  if (process.env['KAFKA_BENCH_NETWORK_PARTITIONS']) return false;
  process.stderr.write(
    'skipped: a partition by Docker networks may leave the machine (KAFKA_BENCH_NETWORK_PARTITIONS=1 runs it, for an engine without a route out)\n',
  );
  return true;
}

function isHere(name: Requirement): boolean {
  const known = answers.get(name);
  if (known !== undefined) return known;
  const answer = requirements[name].probe();
  answers.set(name, answer);
  return answer;
}

function runs(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore', timeout: 15_000 });
    return true;
  } catch {
    return false;
  }
}

/** 0 without Java. `java --version` prints to stdout: `openjdk 17.0.15 2025-04-15`. */
function javaMajor(): number {
  try {
    const home = process.env['JAVA_HOME'];
    const java = home ? `${home}/bin/java` : 'java';
    const text = execFileSync(java, ['--version'], {
      encoding: 'utf8',
      timeout: 15_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return Number(/\b(\d+)(\.\d+)*\b/.exec(text)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** /proc/self/status: `CapEff:	000001ffffffffff`, of which bit 13 is CAP_NET_RAW. */
function mayCapture(): boolean {
  try {
    const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return ((BigInt(`0x${effective ?? '0'}`) >> 13n) & 1n) === 1n;
  } catch {
    return false;
  }
}
