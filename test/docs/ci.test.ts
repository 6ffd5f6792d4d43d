import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { packageRoot } from '../../src/base/package-root.ts';
import { skippedBelow } from '../requirements.ts';

const page = readFileSync(join(packageRoot(), 'docs', 'ci.md'), 'utf8');
const [github, gitlab] = [...page.matchAll(/^```yaml\n(.*?)^```/gms)].map(
  ([, text]) => parse(text!) as unknown,
) as [
  { jobs: Record<string, { steps: { run?: string }[] }> },
  { kafka: { before_script: string[]; script: string[] } },
];
const [pack, install] = [...page.matchAll(/^```sh\n(.*?)^```/gms)].map(([, text]) => text!.trim()) as [
  string,
  string,
];
const steps = (job: string): string[] => github.jobs[job]!.steps.flatMap(({ run }) => run ?? []);
/** Those after the installation. */
const work = (job: string): string[] => steps(job).slice(1);

/** As in a shell of somebody's: nothing of the npm that runs this test. */
const shell: NodeJS.ProcessEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_|^NODE_ENV$|^VITEST/i.test(name)),
);

/** A directory in which the commands of the page have packed and installed kafka-bench. */
let installed: string;

async function packAndInstall(): Promise<void> {
  installed = mkdtempSync(join(tmpdir(), 'kafka-bench-packed-'));
  symlinkSync(packageRoot(), join(installed, 'kafka-bench'));
  // GitHub answers nobody there, so that the binding's own install script could only build, and does not get to.
  const env = { ...shell, npm_config_confluent_kafka_javascript_binary_host_mirror: 'http://127.0.0.1:9/' };
  for (const command of [pack, install]) expect(await run(command, { directory: installed, env })).toBe(0);
}

/** A repository of somebody's with a scenario on its main branch, and a pull request that changes it or not. */
function repository(change: (scenario: string) => string): { directory: string; env: NodeJS.ProcessEnv } {
  const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-ci-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...args], {
      cwd: directory,
      stdio: 'pipe',
    });
  const scenario = `
topics: [{ name: orders, partitions: 4, replicationFactor: 1 }]
producers: [{ name: writer, topic: orders, rate: 400/s, value: { bytes: 100 }, client: { acks: all, linger.ms: 0 } }]
phases: { warmup: 500ms, measure: 1500ms, drain: 10s }
`;
  mkdirSync(join(directory, 'bench'));
  writeFileSync(join(directory, 'bench', 'orders.yaml'), scenario);
  git('init', '-q', '-b', 'main');
  git('add', '.');
  git('commit', '-qm', 'main');
  git('update-ref', 'refs/remotes/origin/main', 'HEAD');
  git('checkout', '-q', '-b', 'change');
  writeFileSync(join(directory, 'bench', 'orders.yaml'), change(scenario));
  git('commit', '-q', '--allow-empty', '-am', 'change');
  symlinkSync(join(installed, 'node_modules'), join(directory, 'node_modules'));
  const env = {
    ...shell,
    GITHUB_BASE_REF: 'main',
    CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main',
    GITHUB_STEP_SUMMARY: join(directory, 'summary.md'),
  };
  return { directory, env };
}

// A test should not take ten minutes: the mock takes the cluster's place, unless somebody has the time.
const asWritten = process.env['KAFKA_BENCH_DOCS_AS_WRITTEN'] === '1';

/** As the services run a step: bash that ends at the first failure. */
async function run(
  step: string,
  { directory, env }: { directory: string; env: NodeJS.ProcessEnv },
): Promise<number> {
  const command = asWritten ? step : step.replace('--cluster local', '--cluster mock');
  const child = spawn('bash', ['-e', '-o', 'pipefail', '-c', command], {
    cwd: directory,
    env,
    stdio: 'pipe',
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const code = await new Promise<number>((resolve) => child.once('close', (ended) => resolve(ended ?? -1)));
  if (code > 1) throw new Error(`${command}: ${said}`);
  return code;
}

describe.skipIf(skippedBelow('all'))(
  'the pipelines of docs/ci.md',
  { timeout: asWritten ? 1_200_000 : 300_000 },
  () => {
    beforeAll(packAndInstall, 300_000);
    afterAll(() => rmSync(installed, { recursive: true, force: true }));

    test('the installed package is whole: its pages and examples beside the command, nothing of this checkout', () => {
      const directory = join(installed, 'node_modules', 'kafka-bench');
      expect(realpathSync(directory).startsWith(realpathSync(installed))).toBe(true);
      for (const file of ['docs/ci.md', 'docs/delivery.md', 'scenarios/acks0.yaml', 'ARCHITECTURE.md'])
        expect(existsSync(join(directory, file)), file).toBe(true);
    });

    test('every pipeline installs it so', () => {
      for (const job of ['performance', 'delivery']) expect(steps(job)[0]).toBe(install);
      expect(gitlab.kafka.before_script.at(-1)).toBe(install);
    });

    test('an unchanged scenario passes: report in the summary, results kept; then GitLab’s commands', async () => {
      const place = repository((scenario) => scenario);
      for (const step of work('performance')) expect(await run(step, place)).toBe(0);
      expect(readFileSync(place.env['GITHUB_STEP_SUMMARY']!, 'utf8')).toContain('ack.p50');
      expect(existsSync(join(place.directory, 'results', 'ab', 'comparison.json'))).toBe(true);
      const [show, compare] = gitlab.kafka.script as [string, string];
      expect(await run(show, place)).toBe(0);
      expect(compare).toBe(
        work('performance')[1]!.replace(
          '--format markdown > comparison.md',
          '--format junit > kafka-bench.xml',
        ),
      );
    });

    test('a slower one fails with exit code 1, and the report says what and by how much', async () => {
      const place = repository((scenario) => scenario.replace('linger.ms: 0', 'linger.ms: 40'));
      const [show, compare, report] = work('performance') as [string, string, string];
      expect(await run(show, place)).toBe(0);
      expect(await run(compare, place)).toBe(1);
      expect(await run(report, place)).toBe(0);
      const summary = readFileSync(place.env['GITHUB_STEP_SUMMARY']!, 'utf8');
      expect(summary).toContain('REGRESSED');
      expect(summary).toContain('linger.ms');
    });

    test('a run against a committed baseline', async () => {
      const place = repository((scenario) => scenario);
      const [measure, against] = work('delivery') as [string, string];
      expect(await run(measure.replace('results/now', 'results/first'), place)).toBe(0);
      mkdirSync(join(place.directory, 'results', 'baselines'));
      execFileSync('sh', ['-c', 'cp results/first/*.json results/baselines/orders.json'], {
        cwd: place.directory,
      });
      expect(await run(measure, place)).toBe(0);
      expect(await run(against, place)).toBe(0);
      expect(readFileSync(join(place.directory, 'kafka-bench.xml'), 'utf8')).toContain('<testsuite');
    });
  },
);
