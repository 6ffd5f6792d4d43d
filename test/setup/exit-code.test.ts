import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { skippedBelow } from '../requirements.ts';

const root = resolve(import.meta.dirname, '../..');
const guard = new URL('../../bin/exit-code.mjs', import.meta.url).href;

/** A program that ends as the command does, around `work`. */
function ended(work: string) {
  const text = `import { watchExit } from ${JSON.stringify(guard)};
    const end = watchExit();
    ${work}`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', text], {
    encoding: 'utf8',
  });
  return { code: status, err: stderr };
}

describe.skipIf(skippedBelow('all'))('the exit code', () => {
  test('is what the command ends with', () => {
    expect(ended('end(1)')).toEqual({ code: 1, err: '' });
    expect(ended('end(0)')).toEqual({ code: 0, err: '' });
    expect(ended('process.exit(130)')).toEqual({ code: 130, err: '' });
  });

  test('of a promise that nothing settles is 5, with a word', () => {
    const { code, err } = ended('await new Promise(() => undefined); end(0);');
    expect(code).toBe(5);
    expect(err).toContain('error: the command ended before its work did');
  });

  test('of a crash is 5: 1 means that a gate failed', () => {
    const { code, err } = ended(
      'setTimeout(() => { throw new TypeError("odd"); }); await new Promise(() => undefined);',
    );
    expect(code).toBe(5);
    expect(err).toMatch(/^error: TypeError: odd\n +at [^]*hint: this is a bug in kafka-bench/);
    expect(ended('await Promise.reject(new Error("odd"))').code).toBe(5);
  });

  test('of what the system refuses is 5, without a stack', () => {
    const { code, err } = ended('(await import("node:fs")).writeFileSync("/dev/full", "x")');
    expect(code).toBe(5);
    expect(err).toBe('error: ENOSPC: no space left on device, write\n');
  });
});

function call(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [resolve(root, 'bin/kafka-bench.mjs'), ...args],
    {
      encoding: 'utf8',
      env: { ...process.env, ...env },
      cwd: root,
    },
  );
  return { code: status, out: stdout, err: stderr };
}

describe.skipIf(skippedBelow('all'))('addresses', () => {
  test.each([
    [['topics', 'list'], /^$/],
    [['lag', 'g'], /^$/],
    // The last line of a run is its verdict.
    [['run', 'scenarios/acks0.yaml'], /^FAILED {2}exit code 2: KAFKA_BENCH_BOOTSTRAP: .*\n$/],
  ])('a variable that is none ends %j with 2 and its name', (args, shown) => {
    const { code, out, err } = call(args, { KAFKA_BENCH_BOOTSTRAP: 'host:99999' });
    expect(err).toContain('error: KAFKA_BENCH_BOOTSTRAP: expected a port from 1 to 65535, got "host:99999"');
    expect(out).toMatch(shown);
    expect(code).toBe(2);
  });

  test('a flag that is none ends with 2', () => {
    const { code, err } = call(['topics', 'list', '--bootstrap', 'host:99999']);
    expect(err).toContain('expected a port from 1 to 65535, got "host:99999"');
    expect(code).toBe(2);
  });
});
