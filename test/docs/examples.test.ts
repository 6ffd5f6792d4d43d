import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/base/package-root.ts';
import { commands } from '../../src/cli/commands/all.ts';
import { everyCommand } from '../../src/cli/commands/command.ts';
import { isolatedEnvironment, noRealKafka } from '../../src/cluster/local/real-kafka.case.ts';
import { ownCache } from '../own-cache.ts';
import { skippedBelow } from '../requirements.ts';

const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-examples-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** In bash, as pasted, where the scenarios of a checkout are and what examples write lies elsewhere. */
function pasted(lines: readonly string[], env: NodeJS.ProcessEnv) {
  const script = `set -e\n${lines.join('\n')}`;
  const path = `${join(directory, 'bin')}:${env['PATH']}`;
  const options = { cwd: directory, env: { ...env, PATH: path }, input: script, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync('bash', options);
  return { status, stdout, said: `${stdout}\n${stderr}` };
}

beforeAll(() => {
  mkdirSync(join(directory, 'bin'));
  symlinkSync(join(packageRoot(), 'scenarios'), join(directory, 'scenarios'));
  const program = `node ${join(packageRoot(), 'bin', 'kafka-bench.mjs')}`;
  // npx takes a checkout's own command; so does this, without asking where that is.
  writeFileSync(join(directory, 'bin', 'npx'), `#!/bin/sh\nshift\nexec ${program} "$@"\n`);
  writeFileSync(join(directory, 'bin', 'kafka-bench'), `#!/bin/sh\nexec ${program} "$@"\n`);
  for (const name of ['npx', 'kafka-bench']) chmodSync(join(directory, 'bin', name), 0o755);
});

const examples = everyCommand(commands);

describe.skipIf(skippedBelow('all'))('the examples that help shows', { timeout: 60_000 }, () => {
  // `faults restore` among them would undo what runs of the person who tests have left.
  const { env, remove } = ownCache();
  afterAll(remove);

  // doctor says with 5 that only the mock can run here.
  test.each(examples.filter(([name, { needsCluster }]) => !needsCluster && name !== 'doctor'))(
    '%s',
    (_, command) => {
      const { status, said } = pasted(command.examples, env);
      expect(status, said).toBe(0);
    },
  );

  test('completion completes', () => {
    const source = examples.find(([name]) => name === 'completion')![1].examples;
    const { stdout, said } = pasted(
      [
        ...source,
        'COMP_WORDS=(kafka-bench cluster u) COMP_CWORD=2',
        '_kafka-bench_yargs_completions',
        'echo "${COMPREPLY[@]}"',
      ],
      env,
    );
    expect(stdout, said).toBe('up unpause\n');
  });
});

describe.skipIf(await noRealKafka())('the examples that need a cluster', { timeout: 120_000 }, () => {
  let env: NodeJS.ProcessEnv;
  let remove: () => void;
  beforeAll(async () => {
    ({ env, remove } = await isolatedEnvironment());
    // No Docker here, whatever the machine has.
    env['DOCKER_HOST'] = 'unix:///nonexistent/docker.sock';
    const up = pasted(['npx kafka-bench cluster up --brokers 3'], env);
    expect(up.status, up.said).toBe(0);
  });
  afterAll(() => {
    pasted(['npx kafka-bench cluster down'], env);
    remove();
  });

  const last = (name: string): number => (name === 'cluster down' ? 1 : 0);
  test.each(
    examples
      .filter(([name, { needsCluster }]) => needsCluster || name === 'doctor')
      .sort(([a], [b]) => last(a) - last(b)),
  )('%s', (name, command) => {
    const { status, said } = pasted(command.examples, env);
    expect(status, said).toBe(0);
    // As it was, for the next.
    if (/^cluster (stop|kill)/.test(name)) pasted(['npx kafka-bench cluster start kafka2'], env);
    if (/^cluster pause/.test(name)) pasted(['npx kafka-bench cluster unpause kafka2'], env);
    if (command.examples.some((line) => line.includes('topics create')))
      pasted(['npx kafka-bench topics delete orders || true'], env);
  });
});
