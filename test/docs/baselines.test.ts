import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/base/package-root.ts';
import { scenarioDifferences } from '../../src/judge/compare/scenario-difference.ts';
import { readResult } from '../../src/results/read.ts';
import { loadScenario } from '../../src/scenario/load.ts';

const scenarios = join(packageRoot(), 'scenarios');
const baselines = join(packageRoot(), 'results', 'baselines');
const names = readdirSync(scenarios)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => basename(name, '.yaml'));

describe('results/baselines', () => {
  test.each(names)('%s: a whole result of the scenario as it stands, on local Kafka', async (name) => {
    const path = join(baselines, `${name}.json`);
    expect(existsSync(path), 'npm run self-bench -- baselines makes it').toBe(true);
    const { result } = await readResult(path);
    const { resolved } = await loadScenario(join(scenarios, `${name}.yaml`), { env: {} });
    expect(scenarioDifferences(result.scenario.resolved, JSON.parse(JSON.stringify(resolved)))).toEqual([]);
    expect(result.outcome.state).toBe('completed');
    expect(result.cluster.kind).toBe('local');
    for (const { delivery } of result.trials) expect(['PASS', 'NONE']).toContain(delivery.verdict);
    for (const { ok } of result.expectations) expect(ok).not.toBe(false);
  });

  test('none is of a scenario that is gone', () => {
    const kept = readdirSync(baselines).filter((name) => name.endsWith('.json'));
    expect(kept.map((name) => basename(name, '.json')).filter((name) => !names.includes(name))).toEqual([]);
  });
});
