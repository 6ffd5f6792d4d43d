import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { monotonic } from '../../base/clock.ts';
import { packageRoot } from '../../base/package-root.ts';
import type { Environment, RunResult } from '../../results/schema.ts';

/** What this machine and its software are. librdkafka's own version comes from a worker: nobody else loads it. */
export function describeEnvironment(
  client: { librdkafka: string; features: readonly string[] } | null,
): Environment {
  const cpus = os.cpus();
  const facts = {
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memory: os.totalmem(),
    kernel: `${os.type()} ${os.release()}`,
    node: process.versions.node,
    librdkafka: client?.librdkafka ?? null,
    kafkaJavascript: bindingVersion(),
    features: [...(client?.features ?? [])],
  };
  return { ...facts, fingerprint: createHash('sha256').update(JSON.stringify(facts)).digest('hex') };
}

function bindingVersion(): string {
  const manifest = createRequire(import.meta.url).resolve('@confluentinc/kafka-javascript/package.json');
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}

export function describeTool(): RunResult['tool'] {
  const root = packageRoot();
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return { version, git: revision(root) };
}

/** Of this tool's own checkout; null where it was installed as a package. */
function revision(root: string): string | null {
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', root, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 2000,
    }).trim();
  try {
    if (git('rev-parse', '--show-toplevel') !== root) return null;
    return git('describe', '--always', '--dirty', '--abbrev=12', '--exclude=*');
  } catch {
    return null;
  }
}

/** The smallest step between readings of the clock that measures everything here, µs. */
export function describeClock(): RunResult['clock'] {
  let resolution = Infinity;
  for (let i = 0; i < 1000; i++) {
    const first = monotonic.now();
    let second = monotonic.now();
    while (second === first) second = monotonic.now();
    resolution = Math.min(resolution, second - first);
  }
  return { source: 'CLOCK_MONOTONIC', resolution };
}
