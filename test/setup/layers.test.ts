import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { skippedBelow } from '../requirements.ts';

// Each rule of .dependency-cruiser.cjs is shown a tree that breaks it, and one that breaks none.
const root = resolve(import.meta.dirname, '../..');
const config = join(root, '.dependency-cruiser.cjs');
const trees: string[] = [];
afterAll(() => trees.forEach((tree) => rmSync(tree, { recursive: true, force: true })));

interface Violation {
  readonly rule: string;
  readonly from: string;
}

/** Writes files (path → lines) into a temporary tree and returns what the rules say of it. */
function cruise(files: Record<string, string>): Violation[] {
  const tree = mkdtempSync(join(tmpdir(), 'kafka-bench-layers-'));
  trees.push(tree);
  for (const file of ['package.json', 'tsconfig.json']) cpSync(join(root, file), join(tree, file));
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
  for (const [path, text] of Object.entries({ 'bin/main.mjs': '', ...files })) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }
  const depcruise = join(root, 'node_modules/.bin/depcruise');
  const { stdout } = spawnSync(depcruise, ['--config', config, '--output-type', 'json', 'src', 'bin'], {
    cwd: tree,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  const report = JSON.parse(stdout) as {
    summary: { violations: { from: string; rule: { name: string } }[] };
  };
  return report.summary.violations.map(({ from, rule }) => ({ rule: rule.name, from }));
}

const imports = (...targets: string[]) => targets.map((target) => `import '${target}';\n`).join('');

/** One file for every rule, which breaks it. */
const planted: Record<string, { path: string; text: string }> = {
  'base-arrows': { path: 'src/base/a.ts', text: imports('../measure/leaf.ts') },
  'metrics-arrows': { path: 'src/metrics/a.ts', text: imports('../results/leaf.ts') },
  'measure-arrows': { path: 'src/measure/a.ts', text: imports('../protocol/leaf.ts') },
  'protocol-arrows': { path: 'src/protocol/a.ts', text: imports('../workload/leaf.ts') },
  'workload-arrows': { path: 'src/workload/a.ts', text: imports('../measure/leaf.ts') },
  'scenario-arrows': { path: 'src/scenario/a.ts', text: imports('../trial/leaf.ts') },
  'client-kafka-arrows': { path: 'src/client/kafka/a.ts', text: imports('../tap/leaf.ts') },
  'client-tap-arrows': { path: 'src/client/tap/a.ts', text: imports('../kafka/leaf.ts') },
  'client-worker-arrows': { path: 'src/client/worker/a.ts', text: imports('../../judge/delivery/leaf.ts') },
  'cluster-admin-arrows': { path: 'src/cluster/admin/a.ts', text: imports('../leaf.ts') },
  'cluster-faults-arrows': { path: 'src/cluster/faults/a.ts', text: imports('../../trial/leaf.ts') },
  'cluster-arrows': { path: 'src/cluster/local/a.ts', text: imports('../faults/leaf.ts') },
  'results-arrows': { path: 'src/results/a.ts', text: imports('../judge/gates/leaf.ts') },
  'judge-delivery-arrows': { path: 'src/judge/delivery/a.ts', text: imports('../performance/leaf.ts') },
  'judge-gates-arrows': { path: 'src/judge/gates/a.ts', text: imports('../compare/leaf.ts') },
  'judge-performance-arrows': { path: 'src/judge/performance/a.ts', text: imports('../../trial/leaf.ts') },
  'judge-compare-arrows': { path: 'src/judge/compare/a.ts', text: imports('../../report/leaf.ts') },
  'trial-arrows': { path: 'src/trial/a.ts', text: imports('../experiment/leaf.ts') },
  'experiment-arrows': { path: 'src/experiment/a.ts', text: imports('../report/leaf.ts') },
  'selftest-arrows': { path: 'src/selftest/a.ts', text: imports('../report/leaf.ts') },
  'report-arrows': { path: 'src/report/a.ts', text: imports('../scenario/leaf.ts') },
  'unknown-room': { path: 'src/attic/a.ts', text: imports('../base/leaf.ts') },
  'cli-is-the-top': { path: 'src/index.ts', text: imports('./cli/leaf.ts') },
  'commands-are-lazy': { path: 'src/cli/commands/a.ts', text: imports('../leaf.ts') },
  'only-client-kafka-imports-the-binding': {
    path: 'src/client/worker/b.ts',
    text: imports('@confluentinc/kafka-javascript'),
  },
  'only-admin-imports-its-client': { path: 'src/cluster/b.ts', text: imports('@platformatic/kafka') },
  'only-measure-imports-the-histogram-library': {
    path: 'src/results/b.ts',
    text: imports('hdr-histogram-js'),
  },
  'hot-path-never-reaches-the-histogram-library': {
    path: 'src/client/tap/b.ts',
    text: imports('../../measure/histogram.ts'),
  },
  'clients-are-forked': { path: 'src/cli/b.ts', text: imports('../client/worker/leaf.ts') },
  'no-circular': { path: 'src/base/b.ts', text: imports('./c.ts') },
  'not-to-test': { path: 'src/base/d.ts', text: imports('./e.test.ts') },
  'not-to-dev-dependency': { path: 'src/base/f.ts', text: imports('vitest') },
  'bin-has-built-ins-only': { path: 'bin/a.mjs', text: imports('yaml') },
};

const rules = JSON.parse(
  execFileSync(
    process.execPath,
    ['-e', 'console.log(JSON.stringify(require(process.argv[1]).forbidden))', config],
    { encoding: 'utf8' },
  ),
) as { name: string; from: { path?: string } }[];
const rooms = rules
  .filter(({ name }) => name.endsWith('-arrows'))
  .map(({ from }) => from.path?.replace(/^\^src\/(.*)\/$/, '$1'));
const leaves = Object.fromEntries([...rooms, 'cli'].map((room) => [`src/${room}/leaf.ts`, 'export {};\n']));

describe.skipIf(skippedBelow('all'))('layer rules', () => {
  test('every rule is planted below', () => {
    const names = rules.map(({ name }) => name);
    expect(Object.keys(planted).sort()).toEqual(names.sort());
  });

  test('each rule catches its planted file', () => {
    const violations = cruise({
      ...leaves,
      'src/measure/histogram.ts': imports('hdr-histogram-js'),
      'src/base/c.ts': imports('./b.ts'),
      'src/base/e.test.ts': '',
      ...Object.fromEntries(Object.values(planted).map(({ path, text }) => [path, text])),
    });
    for (const [rule, { path }] of Object.entries(planted)) {
      expect(violations, `${rule} on ${path}`).toContainEqual({ rule, from: path });
    }
  });

  test('what the design allows passes', () => {
    const violations = cruise({
      ...leaves,
      'src/protocol/a.ts': `${imports('../base/leaf.ts')}import type {} from '../workload/leaf.ts';\n`,
      'src/workload/a.ts': imports('../base/leaf.ts', '../protocol/leaf.ts'),
      'src/scenario/a.ts': imports('../workload/leaf.ts', '../metrics/leaf.ts'),
      'src/client/kafka/a.ts': imports('../../measure/leaf.ts', '@confluentinc/kafka-javascript'),
      'src/client/worker/a.ts': imports(
        '../kafka/leaf.ts',
        '../tap/leaf.ts',
        '../../workload/leaf.ts',
        '../../measure/leaf.ts',
        '../../protocol/leaf.ts',
      ),
      'src/cluster/admin/a.ts': imports('../../base/leaf.ts', '@platformatic/kafka'),
      'src/cluster/a.ts': imports('./admin/leaf.ts'),
      'src/cluster/faults/a.ts': imports('../leaf.ts', '../admin/leaf.ts'),
      'src/measure/histogram.ts': imports('hdr-histogram-js'),
      'src/judge/delivery/a.ts': imports('../../protocol/leaf.ts', '../../workload/leaf.ts'),
      'src/judge/gates/a.ts': imports('../../results/leaf.ts', '../../measure/histogram.ts'),
      'src/judge/performance/a.ts': imports('../gates/leaf.ts', '../../scenario/leaf.ts'),
      'src/judge/compare/a.ts': imports('../gates/leaf.ts', '../../results/leaf.ts'),
      'src/report/a.ts': imports('../judge/compare/leaf.ts', '../results/leaf.ts'),
      'src/trial/a.ts': imports(
        '../scenario/leaf.ts',
        '../cluster/leaf.ts',
        '../cluster/faults/leaf.ts',
        '../protocol/leaf.ts',
        '../judge/delivery/leaf.ts',
        '../judge/performance/leaf.ts',
      ),
      'src/trial/a.test.ts': imports('../client/worker/leaf.ts', 'vitest'),
      'src/experiment/a.ts': imports('../trial/leaf.ts', '../judge/gates/leaf.ts', '../results/leaf.ts'),
      'src/selftest/a.ts': imports('../judge/delivery/leaf.ts', '../experiment/leaf.ts'),
      'src/cli/main.ts': imports('../base/leaf.ts', './commands/run.ts'),
      'src/cli/commands/run.ts': `${imports('../../base/leaf.ts')}export const later = () => import('../run.ts');\n`,
      'src/cli/run.ts': imports('../experiment/leaf.ts', '../report/leaf.ts', '../cluster/leaf.ts'),
      'src/index.ts': imports('./experiment/leaf.ts', './results/leaf.ts'),
    });
    expect(violations).toEqual([]);
  });
});
