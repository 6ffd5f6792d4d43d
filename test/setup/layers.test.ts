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
  'measure-arrows': { path: 'src/measure/a.ts', text: imports('../verify/leaf.ts') },
  'verify-arrows': { path: 'src/verify/a.ts', text: imports('../measure/leaf.ts') },
  'avro-arrows': { path: 'src/avro/a.ts', text: imports('../scenario/leaf.ts') },
  'scenario-arrows': { path: 'src/scenario/a.ts', text: imports('../run/leaf.ts') },
  'admin-arrows': { path: 'src/admin/a.ts', text: imports('../cluster/leaf.ts') },
  'workload-arrows': { path: 'src/workload/a.ts', text: imports('../measure/leaf.ts') },
  'kafka-arrows': { path: 'src/kafka/a.ts', text: imports('../workload/leaf.ts') },
  'tap-arrows': { path: 'src/tap/a.ts', text: imports('../kafka/leaf.ts') },
  'worker-arrows': { path: 'src/worker/a.ts', text: imports('../scenario/leaf.ts') },
  'cluster-arrows': { path: 'src/cluster/a.ts', text: imports('../scenario/leaf.ts') },
  'faults-arrows': { path: 'src/faults/a.ts', text: imports('../admin/leaf.ts') },
  'results-arrows': { path: 'src/results/a.ts', text: imports('../run/leaf.ts') },
  'compare-arrows': { path: 'src/compare/a.ts', text: imports('../report/leaf.ts') },
  'report-arrows': { path: 'src/report/a.ts', text: imports('../scenario/leaf.ts') },
  'run-arrows': { path: 'src/run/a.ts', text: imports('../worker/leaf.ts') },
  'experiment-arrows': { path: 'src/experiment/a.ts', text: imports('../scenario/leaf.ts') },
  'protocol-arrows': { path: 'src/protocol/protocol.ts', text: imports('../verify/leaf.ts') },
  'unknown-room': { path: 'src/attic/a.ts', text: imports('../base/leaf.ts') },
  'cli-is-the-top': { path: 'src/index.ts', text: imports('./cli/leaf.ts') },
  'commands-are-lazy': { path: 'src/cli/commands/a.ts', text: imports('../leaf.ts') },
  'only-kafka-imports-the-binding': {
    path: 'src/worker/b.ts',
    text: imports('@confluentinc/kafka-javascript'),
  },
  'only-admin-imports-its-client': { path: 'src/cluster/b.ts', text: imports('@platformatic/kafka') },
  'only-measure-imports-the-histogram-library': {
    path: 'src/results/b.ts',
    text: imports('hdr-histogram-js'),
  },
  'hot-path-never-reaches-the-histogram-library': {
    path: 'src/tap/b.ts',
    text: imports('../measure/histogram.ts'),
  },
  'coordinator-never-reaches-the-binding': { path: 'src/cli/b.ts', text: imports('../worker/through.ts') },
  'no-circular': { path: 'src/base/b.ts', text: imports('./c.ts') },
  'not-to-test': { path: 'src/base/d.ts', text: imports('./e.test.ts') },
  'not-to-dev-dependency': { path: 'src/base/f.ts', text: imports('vitest') },
  'bin-has-built-ins-only': { path: 'bin/a.mjs', text: imports('yaml') },
};

const leaves = Object.fromEntries(
  [
    'base',
    'measure',
    'verify',
    'avro',
    'scenario',
    'admin',
    'workload',
    'kafka',
    'worker',
    'cluster',
    'faults',
  ]
    .concat(['results', 'compare', 'report', 'run', 'experiment', 'cli'])
    .map((room) => [`src/${room}/leaf.ts`, 'export {};\n']),
);

describe.skipIf(skippedBelow('all'))('layer rules', () => {
  test('every rule is planted below', () => {
    const read = `console.log(JSON.stringify(require(process.argv[1]).forbidden.map((rule) => rule.name)))`;
    const names = JSON.parse(
      execFileSync(process.execPath, ['-e', read, config], { encoding: 'utf8' }),
    ) as string[];
    expect(Object.keys(planted).sort()).toEqual(names.sort());
  });

  test('each rule catches its planted file', () => {
    const violations = cruise({
      ...leaves,
      'src/worker/through.ts': imports('../kafka/leaf.ts'),
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
      'src/cluster/cluster.ts': 'export {};\n',
      'src/protocol/protocol.ts': imports('../base/leaf.ts'),
      'src/workload/a.ts': imports('../base/leaf.ts', '../verify/leaf.ts'),
      'src/kafka/a.ts': imports('../measure/leaf.ts', '../verify/leaf.ts', '@confluentinc/kafka-javascript'),
      'src/worker/a.ts': imports(
        '../kafka/leaf.ts',
        '../workload/leaf.ts',
        '../measure/leaf.ts',
        '../verify/leaf.ts',
      ),
      'src/admin/a.ts': imports('../base/leaf.ts', '@platformatic/kafka'),
      'src/cluster/a.ts': imports('../admin/leaf.ts'),
      'src/faults/a.ts': imports('../cluster/cluster.ts'),
      'src/measure/histogram.ts': imports('hdr-histogram-js'),
      'src/results/a.ts': imports('../measure/leaf.ts', '../measure/histogram.ts', '../verify/leaf.ts'),
      'src/compare/a.ts': imports('../results/leaf.ts'),
      'src/report/a.ts': imports('../compare/leaf.ts', '../results/leaf.ts'),
      'src/run/a.ts': imports(
        '../scenario/leaf.ts',
        '../cluster/leaf.ts',
        '../faults/leaf.ts',
        '../worker/protocol.ts',
      ),
      'src/run/b.ts': imports(
        '../admin/leaf.ts',
        '../results/leaf.ts',
        '../measure/leaf.ts',
        '../verify/leaf.ts',
      ),
      'src/run/a.test.ts': imports('../worker/leaf.ts', 'vitest'),
      'src/experiment/a.ts': imports('../run/leaf.ts', '../compare/leaf.ts', '../results/leaf.ts'),
      'src/cli/main.ts': imports('../base/leaf.ts', './commands/run.ts'),
      'src/cli/commands/run.ts': `${imports('../../base/leaf.ts')}export const later = () => import('../run.ts');\n`,
      'src/cli/run.ts': imports('../run/leaf.ts', '../report/leaf.ts', '../cluster/leaf.ts'),
      'src/index.ts': imports('./run/leaf.ts', './results/leaf.ts'),
    });
    expect(violations).toEqual([]);
  });
});
