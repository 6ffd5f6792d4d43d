import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { side, turned, type Made } from '../judge/compare/sample.case.ts';
import { comparison } from '../judge/compare/schema.ts';
import { runResultOf } from '../results/sample.case.ts';
import { writeResult } from '../results/write.ts';
import { main } from './main.ts';

const root = mkdtempSync(join(tmpdir(), 'kafka-bench-compare-'));
afterAll(() => rmSync(root, { recursive: true }));

async function call(...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const io = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text) };
  const code = await main(['compare', ...argv], io);
  return { code, out: out.join('\n'), err: err.join('\n') };
}

const { cluster, environment, scenario } = runResultOf();
const sides: Readonly<Record<string, { made?: Made; count?: number; spread?: number }>> = {
  base: {},
  same: {},
  slow: { made: { latency: 1.15 } },
  fast: { made: { latency: 0.8 } },
  noisy: { made: { latency: 1.02 }, spread: 20 },
  one: { count: 1 },
  lossy: { made: { delivery: { verdict: 'FAIL', reasons: ['lost: 3'] } } },
  mock: { made: { run: { cluster: { ...cluster, kind: 'mock' } } } },
  elsewhere: { made: { latency: 3, run: { environment: { ...environment, cpu: 'another' } } } },
  upgraded: { made: { run: { environment: { ...environment, node: '24.0.0' } } } },
  edited: {
    made: { run: { scenario: { ...scenario, sha256: '01', resolved: { phases: { measure: '9s' } } } } },
  },
};
const at = (name: string, file?: string) => (file === undefined ? join(root, name) : join(root, name, file));

beforeAll(() => {
  for (const [name, { made = {}, count = 8, spread = 1 }] of Object.entries(sides)) {
    mkdirSync(at(name));
    const samples = side(count, made, spread);
    (name === 'base' ? samples : turned(samples)).forEach(({ run, trial }, i) =>
      writeResult(at(name, `${i}.json`), { ...run, runId: `${name}${i}`, trials: [trial] }, []),
    );
  }
  mkdirSync(at('empty'));
});

describe('the exit code', () => {
  it.each([
    [0, 'EQUIVALENT', ['base', 'same']],
    [0, 'IMPROVED', ['base', 'fast']],
    [1, 'REGRESSED', ['base', 'slow']],
    [1, 'FAILED', ['base', 'lossy']],
    [3, 'INVALID', ['lossy', 'base']],
    [3, 'INVALID', ['mock', 'base']],
    [3, 'INVALID', ['base', 'edited']],
    [0, 'no verdict', ['one', 'one']],
    [4, 'no verdict', ['one', 'one', '--fail-inconclusive']],
    [0, 'INCONCLUSIVE', ['noisy', 'noisy']],
    [4, 'INCONCLUSIVE', ['noisy', 'noisy', '--fail-inconclusive']],
    [0, 'EQUIVALENT', ['base', 'same', '--fail-inconclusive']],
    [1, 'REGRESSED', ['base', 'slow', '--fail-inconclusive']],
    [0, 'no verdict', ['base', 'elsewhere']],
    [1, 'REGRESSED', ['base', 'elsewhere', '--allow-env-diff']],
    [0, 'no verdict', ['base', 'upgraded']],
    [0, 'EQUIVALENT', ['base', 'upgraded', '--allow-env-diff']],
    [0, 'EQUIVALENT', ['base', 'upgraded', '--subject', 'scenario,versions']],
    [0, 'EQUIVALENT', ['--subject', 'scenario', 'base', 'edited']],
    [1, 'REGRESSED', ['base', 'slow', '--strict']],
  ])('is %i for %s of %j', async (expected, verdict, argv) => {
    const { code, out, err } = await call(
      ...argv.map((word) => (Object.hasOwn(sides, word) ? at(word) : word)),
    );
    expect(err).toBe('');
    expect(out).toMatch(new RegExp(`^compare {2}${verdict} `));
    expect(code).toBe(expected);
  });
});

describe('results', () => {
  it('are files or directories; the candidate’s follow its option', async () => {
    const files = (name: string) => Array.from({ length: 8 }, (_, i) => at(name, `${i}.json`));
    const { code, out } = await call(...files('base'), '--candidate', ...files('slow'));
    expect(code).toBe(1);
    expect(out).toContain('0.json and 7 more  8 trials');
    const turned = await call(
      '--candidate',
      at('slow'),
      '--strict',
      at('base', '0.json'),
      at('base', '1.json'),
    );
    expect(turned.code).toBe(0);
    expect(turned.out).toMatch(/^base .* 2 trials/m);
  });

  it('are what ab left in its directory, but for its comparison', async () => {
    writeFileSync(at('slow', 'comparison.json'), '{}');
    expect((await call(at('base'), at('slow'))).code).toBe(1);
  });

  it.each([
    ['too few', ['base'], '1 results are no two sides to compare'],
    ['none', [], '0 results are no two sides to compare'],
    ['too many', ['base', 'same', 'slow'], '3 results are no two sides to compare'],
    ['missing', ['base', 'nowhere'], 'there is no nowhere'],
    ['of an empty directory', ['base', 'empty'], 'there is no result in'],
    ['given twice', ['base', 'base', '--candidate', 'same'], 'is given twice as base'],
  ])('%s end with 2 and say why', async (_, argv, why) => {
    const known = [...Object.keys(sides), 'empty'];
    const { code, out, err } = await call(...argv.map((word) => (known.includes(word) ? at(word) : word)));
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain(`error: `);
    expect(err).toContain(why);
    expect(err).toContain('hint: ');
  });

  it('have a subject that exists', async () => {
    const { code, err } = await call(at('base'), at('same'), '--subject', 'weather');
    expect(code).toBe(2);
    expect(err).toContain('expected some of scenario,cluster,ack-source,versions,machine');
  });
});

describe('--format', () => {
  it('json is the comparison', async () => {
    const { code, out } = await call(at('base'), at('slow'), '--format', 'json');
    expect(code).toBe(1);
    expect(comparison.parse(JSON.parse(out))).toMatchObject({ verdict: 'REGRESSED', design: 'unpaired' });
  });

  it.each([
    ['markdown', /^## REGRESSED: /],
    ['junit', /^<\?xml /],
    ['terminal', /^compare {2}REGRESSED /],
  ])('%s', async (format, start) => {
    const { code, out } = await call(at('base'), at('slow'), '--format', format);
    expect(code).toBe(1);
    expect(out).toMatch(start);
  });

  it('is one of these', async () => {
    expect((await call(at('base'), at('slow'), '--format', 'yaml')).code).toBe(2);
  });
});

describe('--noise-floor', () => {
  it('raises margins to what two runs of the same differ by', async () => {
    const floor = at('floor.json');
    const { out } = await call(at('base'), at('slow'), '--format', 'json');
    writeFileSync(floor, out);
    const raised = await call(at('base'), at('slow'), '--noise-floor', floor);
    expect(raised.out).toContain('warning noise-floor: the margin of ack.p50 is raised from 5 % to 15');
    const cannotRead = await call(at('base'), at('slow'), '--noise-floor', at('nothing.json'));
    expect(cannotRead.code).toBe(2);
    expect(cannotRead.err).toContain('there is no ');
  });
});

describe('--self-test', () => {
  it('passes; sabotaged it does not', async () => {
    const good = await call('--self-test', '--seed', '5');
    expect(good.code).toBe(0);
    expect(good.out).toMatch(/^nothing .* 1000 +\d+ +at most 70 +ok$/m);
    expect(good.out).toMatch(/^latency \+15 % .* at least 980 +ok$/m);
    expect(good.out).toMatch(/^throughput -15 % .* at least 980 +ok$/m);
    expect(good.out).toMatch(/ok in .* with seed 5$/);
    expect(good.out.split('\n').every((line) => line.length <= 100)).toBe(true);

    const missed = await call('--self-test', '--plant', 'none');
    expect(missed.code).toBe(1);
    expect(missed.out).toMatch(/^latency \+15 % .* FAILED$/m);
    const alarmed = await call('--self-test', '--plant', 'everywhere');
    expect(alarmed.code).toBe(1);
    expect(alarmed.out).toMatch(/^nothing .* FAILED$/m);
  }, 60_000);

  it('hides how it is sabotaged', async () => {
    expect((await call('--help')).out).not.toContain('--plant');
  });
});
