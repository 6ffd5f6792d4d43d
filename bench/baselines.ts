import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Runs the shipped scenarios on local Kafka and keeps their results as results/baselines/NAME.json.
 *
 *     npm run self-bench -- baselines [acks0 latency …]
 *
 * A run whose exit code is not 0 leaves the baseline as it was.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const scenarios = join(root, 'scenarios');
const all = readdirSync(scenarios).filter((name) => name.endsWith('.yaml'));
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !all.includes(`${name}.yaml`));
if (unknown.length > 0) {
  console.error(`no such scenario: ${unknown.join(', ')}; there are ${all.join(', ')}`);
  process.exit(2);
}

function run(scenario: string, results: string): Promise<number> {
  const args = ['run', join('scenarios', scenario), '--cluster', 'local', '--results', results, '--quiet'];
  const child = spawn(process.execPath, [join(root, 'bin', 'kafka-bench.mjs'), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  return new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)));
}

const failed: string[] = [];
for (const scenario of asked.length > 0 ? asked.map((name) => `${name}.yaml`) : all) {
  const results = mkdtempSync(join(tmpdir(), 'kafka-bench-baseline-'));
  const code = await run(scenario, results);
  const [result] = readdirSync(results).filter((name) => name.endsWith('.json'));
  if (code === 0 && result !== undefined) {
    copyFileSync(
      join(results, result),
      join(root, 'results', 'baselines', `${basename(scenario, '.yaml')}.json`),
    );
  } else failed.push(`${scenario} (exit code ${code})`);
  rmSync(results, { recursive: true, force: true });
}
if (failed.length > 0) console.error(`not kept: ${failed.join(', ')}`);
process.exitCode = failed.length > 0 ? 1 : 0;
