import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { performanceSource } from '../bench/witness/rdkafka-performance.ts';

/**
 * The tiers of tests, each with those before it: `npm test`, which people run all the time (unit tests, contracts,
 * the mock, one run on real Kafka); `npm run test:all`, which CI runs; `npm run test:long`, before a change is called
 * done. KAFKA_BENCH_TESTS names one; without it, as where vitest is called by hand, it is `all`.
 */
const tiers = ['quick', 'all', 'long'] as const;
type Tier = (typeof tiers)[number];

/** What a test may need beyond Node, the first tier that such tests belong to, and how to look whether it is here. */
const requirements = {
  java: { what: 'Java 17 or newer', tier: 'all', probe: () => javaMajor() >= 17 },
  maven: { what: 'Maven', tier: 'all', probe: () => runs('mvn', '--version') },
  docker: { what: 'a reachable Docker engine', tier: 'all', probe: () => runs('docker', 'version') },
  compose: {
    what: 'docker compose',
    tier: 'all',
    probe: () => runs('docker', 'compose', 'version') || runs('docker-compose', 'version'),
  },
  make: { what: 'make', tier: 'quick', probe: () => runs('make', '--version') },
  'c-compiler': { what: 'a C compiler', tier: 'quick', probe: () => runs('cc', '--version') },
  'packet-capture': {
    what: 'Linux and CAP_NET_RAW, to see packets',
    tier: 'all',
    probe: () => mayCapture(),
  },
  'rdkafka-performance': {
    what: 'the source of rdkafka_performance (librdkafka-dev, or RDKAFKA_PERFORMANCE)',
    tier: 'all',
    probe: () => performanceSource() !== undefined,
  },
} as const;

export type Requirement = keyof typeof requirements;

const answers = new Map<Requirement, boolean>();

/**
 * For `describe.skipIf(missing('java', 'maven'))`: true, with the reason printed, when one of them is not here, or
 * when tests that need it belong to a later tier than the one that runs.
 * With KAFKA_BENCH_REQUIRE_ALL set (as .ci/run does) an absent one throws instead: there, a skip would hide a failure.
 */
export function missing(...needed: readonly Requirement[]): boolean {
  return needed.some((name) => skippedBelow(requirements[name].tier)) || absent(...needed);
}

/** `missing`, for the one test of the first tier that needs real Kafka. */
export function absent(...needed: readonly Requirement[]): boolean {
  const lacking = needed.filter((name) => !isHere(name)).map((name) => requirements[name].what);
  if (lacking.length === 0) return false;
  const reason = `needs ${lacking.join(' and ')}, which is not here`;
  if (process.env['KAFKA_BENCH_REQUIRE_ALL'])
    throw new Error(`KAFKA_BENCH_REQUIRE_ALL is set and a test ${reason}`);
  process.stderr.write(`skipped: ${reason}\n`);
  return true;
}

/** For `describe.skipIf(skippedBelow('long') || …)`: true, with the reason printed, where an earlier tier runs. */
export function skippedBelow(tier: Tier): boolean {
  if (tiers.indexOf(runningTier()) >= tiers.indexOf(tier)) return false;
  process.stderr.write(`skipped: npm run test:${tier} has it\n`);
  return true;
}

/** @throws Error where KAFKA_BENCH_TESTS names none. */
export function runningTier(): Tier {
  const asked = process.env['KAFKA_BENCH_TESTS'] || 'all';
  const tier = tiers.find((name) => name === asked);
  if (tier === undefined) throw new Error(`KAFKA_BENCH_TESTS is ${asked}: it takes ${tiers.join(', ')}`);
  return tier;
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
