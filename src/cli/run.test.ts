import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BenchError, type ErrorCode } from '../base/errors.ts';
import { auditedDelivery, runResultOf, trialResult } from '../results/sample.case.ts';
import type { DeliveryResult, RunResult } from '../results/schema.ts';
import type { RunOptions } from '../trial/run-options.ts';
import type { RunOutcome } from '../trial/trial.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import { documentFormats, type DocumentFormat } from '../base/choices.ts';
import { exitCodeOf, printError } from './failure.ts';
import { exitCodeFor, runRun } from './run.ts';

/** Why the next result is not written. */
let unwritten: BenchError | undefined;
let script: ((loaded: LoadedScenario, options: RunOptions) => Promise<RunResult>)[] = [];
const ran: { name: string; options: RunOptions }[] = [];
vi.mock('../experiment/run-scenario.ts', () => ({
  runScenario: async (loaded: LoadedScenario, options: RunOptions): Promise<RunOutcome> => {
    ran.push({ name: loaded.scenario.name, options });
    const result = await script.shift()!(loaded, options);
    return {
      result,
      ...(unwritten && { unwritten }),
      files: { result: join(process.cwd(), 'results', 'r.json'), journal: 'j', hlog: 'h', evidence: 'e' },
    };
  },
}));

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kafka-bench-run-'));
  script = [];
  unwritten = undefined;
  ran.length = 0;
});
afterEach(() => rmSync(directory, { recursive: true }));

function scenario(name: string, text = '{ producers: [{ name: w, topic: t }] }'): string {
  const file = join(directory, `${name}.yaml`);
  writeFileSync(file, text);
  return file;
}

function collect() {
  const out: string[] = [];
  const err: string[] = [];
  return {
    out,
    err,
    io: { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text) },
  };
}

const gated = (...oks: (boolean | null)[]) =>
  runResultOf({ expectations: oks.map((ok) => ({ metric: 'acked', bound: '>= 1', value: 1, ok })) });
const delivered = (delivery: Partial<DeliveryResult>, ...oks: (boolean | null)[]) => ({
  ...gated(...oks),
  trials: [trialResult({ delivery: auditedDelivery(delivery) })],
});
const failed = runResultOf({ outcome: { state: 'failed', phase: 'measure', reason: 'worker died' } });

describe('the exit code', () => {
  it.each([
    ['nothing is gated', runResultOf(), 0],
    ['every gate holds', gated(true, true), 0],
    ['a gate fails', gated(true, false), 1],
    ['a gate could not be judged', gated(true, null), 3],
    ['a gate fails beside one that could not be judged', gated(null, false), 1],
    ['the run failed, whatever its gates say', { ...failed, expectations: gated(false).expectations }, 5],
    [
      'the run was stopped',
      runResultOf({ outcome: { state: 'aborted', phase: 'warmup', reason: 'interrupted' } }),
      5,
    ],
  ])('where %s', (_, result, code) => {
    expect(exitCodeFor(result)).toBe(code);
  });

  it.each<[DeliveryResult['verdict'], number, number]>([
    ['PASS', 0, 0],
    ['FAIL', 1, 1],
    ['HANG', 1, 1],
    ['UNKNOWN', 3, 3],
    ['VACUOUS', 3, 3],
    // Not checked: no answer to who asked for one.
    ['NONE', 0, 3],
  ])('of the delivery verdict %s is %d, and %d where the scenario asks for it', (verdict, code, asked) => {
    expect(exitCodeFor(delivered({ verdict }))).toBe(code);
    for (const promise of ['at-most-once', 'at-least-once', 'exactly-once'] as const) {
      expect(exitCodeFor(delivered({ verdict, guarantee: promise }), promise)).toBe(asked);
    }
    expect(exitCodeFor(delivered({ verdict, guarantee: 'none' }), 'none')).toBe(0);
    expect(exitCodeFor({ ...delivered({ verdict }), outcome: failed.outcome })).toBe(5);
  });

  it.each([
    ['cut-off', 3],
    ['fatal-error', 3],
    ['busy-loop', 0],
  ])('of a trial that is invalid for %s, and has no gate, is %d', (code, expected) => {
    const reason = {
      code,
      severity: 'invalid' as const,
      metrics: ['ack'],
      message: code,
      value: 1,
      threshold: 0,
    };
    const validity = { ok: false, reasons: [reason] };
    expect(exitCodeFor(runResultOf({ trials: [trialResult({ validity })] }))).toBe(expected);
  });

  it('is the worst of gates and delivery', () => {
    expect(exitCodeFor(delivered({ verdict: 'FAIL' }, null))).toBe(1);
    expect(exitCodeFor(delivered({ verdict: 'UNKNOWN' }, false))).toBe(1);
    expect(exitCodeFor(delivered({ verdict: 'PASS' }, null))).toBe(3);
    expect(exitCodeFor(delivered({ verdict: 'NONE', guarantee: 'none' }, false), 'none')).toBe(1);
  });

  it('is that of the worst trial', () => {
    const trials = (['PASS', 'FAIL', 'UNKNOWN'] as const).map((verdict) =>
      trialResult({ delivery: auditedDelivery({ verdict }) }),
    );
    expect(exitCodeFor(runResultOf({ trials }))).toBe(1);
    expect(exitCodeFor(runResultOf({ trials: [trials[0]!, trials[2]!] }))).toBe(3);
    expect(exitCodeFor(runResultOf({ trials: [] }))).toBe(0);
  });

  it.each<[ErrorCode, number]>([
    ['usage', 2],
    ['scenario', 2],
    ['cluster', 5],
    ['worker', 5],
    ['setup', 5],
    ['results', 5],
    ['interrupted', 130],
  ])('of an error "%s" is %d', (code, exit) => {
    expect(exitCodeOf(new BenchError(code, 'm'))).toBe(exit);
  });

  it('of a bug is 5', () => {
    expect(exitCodeOf(new TypeError('x'))).toBe(5);
    expect(exitCodeOf('thrown text')).toBe(5);
  });
});

describe('printError', () => {
  it('says what is wrong in one line and what to change in another', () => {
    const { io, err } = collect();
    printError(new BenchError('cluster', 'no broker answers', { hint: 'start one' }), io);
    printError(new BenchError('cluster', 'no broker answers'), io);
    expect(err).toEqual(['error: no broker answers', 'hint: start one', 'error: no broker answers']);
  });

  it('shows a stack only for what is our own mistake', () => {
    const { io, err } = collect();
    printError(new TypeError('x is not a function'), io);
    expect(err[0]).toBe('error: x is not a function');
    expect(err[1]).toContain('run.test.ts');
    expect(err.at(-1)).toContain('bug in kafka-bench');
  });

  it('takes what the system refuses for no mistake of ours', () => {
    const { io, err } = collect();
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    printError(full, io);
    expect(err[0]).toBe('error: ENOSPC: no space left on device, write');
    expect(err[1]).toMatch(/^hint: the disk is full/);
    expect(err).toHaveLength(2);
  });
});

describe('run', () => {
  it('shows the summary also where the result cannot be written, says so in one line and ends with 5', async () => {
    unwritten = new BenchError('results', 'cannot write r.json: ENOSPC', { hint: 'free some space' });
    script = [() => Promise.resolve(runResultOf())];
    const { io, out, err } = collect();
    expect(await runRun([scenario('one')], { quiet: true }, io)).toBe(5);
    expect(out.join('\n')).toContain('latency  completed');
    expect(out.join('\n')).not.toContain('result  ');
    expect(err).toEqual(['error: cannot write r.json: ENOSPC', 'hint: free some space']);
  });

  it('shows the summary and where the result is, and hands its flags on', async () => {
    script = [() => Promise.resolve(runResultOf())];
    const { io, out, err } = collect();
    const args = { bootstrap: 'h:1', keep: true, results: 'elsewhere', messages: true };
    expect(await runRun([scenario('one')], args, io)).toBe(0);
    expect(out[0]).toContain('latency  completed');
    expect(out[1]).toBe(`\nresult  ${join('results', 'r.json')}`);
    expect(out[2]).toBe('PASSED  exit code 0: no gates, delivery not checked');
    expect(err).toEqual([]);
    expect(ran[0]!.options).toMatchObject({
      bootstrap: 'h:1',
      keep: true,
      resultsDirectory: 'elsewhere',
      showMessagesPerSecond: 100,
    });
  });

  it('runs several in order and ends with the worst of their codes', async () => {
    script = [
      () => Promise.resolve(gated(false)),
      () => Promise.resolve(failed),
      () => Promise.resolve(gated(true)),
    ];
    const { io, out } = collect();
    expect(await runRun([scenario('a'), scenario('b'), scenario('c')], { quiet: true }, io)).toBe(5);
    expect(out.at(-1)).toBe('FAILED  exit code 5: b: failed during measure: worker died');
    expect(ran.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(ran[0]!.options).toMatchObject({
      resultsDirectory: join('results', 'runs'),
      showMessagesPerSecond: 0,
    });
  });

  it('holds a run to what its scenario promises', async () => {
    const none = delivered({ verdict: 'NONE' });
    script = [() => Promise.resolve(none), () => Promise.resolve(none)];
    const { io } = collect();
    const asks = '{ producers: [{ name: w, topic: t }], expect: { delivery: at-least-once } }';
    expect(await runRun([scenario('a')], { quiet: true }, io)).toBe(0);
    expect(await runRun([scenario('b', asks)], { quiet: true }, io)).toBe(3);
  });

  it('runs nothing where any of the files is wrong, and tells of each', async () => {
    const { io, err } = collect();
    const files = [scenario('a'), scenario('b', '{ producers: 3 }'), join(directory, 'none.yaml')];
    expect(await runRun(files, {}, io)).toBe(2);
    expect(ran).toEqual([]);
    expect(err.filter((line) => line.startsWith('error: '))).toHaveLength(2);
    expect(err.join('\n')).toContain('b.yaml');
    expect(err.join('\n')).toContain('none.yaml');
  });

  it('says what kept a run from starting', async () => {
    script = [() => Promise.reject(new BenchError('cluster', 'no Kafka here', { hint: 'install Java 17' }))];
    const { io, out, err } = collect();
    expect(await runRun([scenario('a')], { quiet: true }, io)).toBe(5);
    expect(err).toEqual(['error: no Kafka here', 'hint: install Java 17']);
    expect(out).toEqual(['FAILED  exit code 5: no Kafka here']);
  });

  it('stops in order at Ctrl-C, starts no other file, and ends with 130 whatever the result', async () => {
    script = [
      (_, { stop, cut }) => {
        process.emit('SIGINT', 'SIGINT');
        expect(stop!.aborted).toBe(true);
        expect(cut!.aborted).toBe(false);
        return Promise.resolve(failed);
      },
    ];
    const { io, out, err } = collect();
    const listeners = process.listenerCount('SIGINT');
    expect(await runRun([scenario('a'), scenario('b')], { quiet: true }, io)).toBe(130);
    expect(ran.map(({ name }) => name)).toEqual(['a']);
    expect(err).toEqual([
      'stopping: no more is sent, what is in flight is waited for; once more to end at once',
    ]);
    expect(out[0]).toContain('failed during measure');
    expect(process.listenerCount('SIGINT')).toBe(listeners);
  });

  it('cuts a run at the second signal; the first one names the code', async () => {
    script = [
      (_, { cut }) => {
        process.emit('SIGTERM', 'SIGTERM');
        process.emit('SIGINT', 'SIGINT');
        expect(cut!.aborted).toBe(true);
        return Promise.reject(new BenchError('interrupted', 'interrupted'));
      },
    ];
    const { io, err } = collect();
    expect(await runRun([scenario('a')], { quiet: true }, io)).toBe(143);
    expect(err.at(-1)).toBe('ending at once');
  });
});

describe('the last line', () => {
  it.each([
    ['gates hold', gated(true, true), 'PASSED  exit code 0: 2 of 2 gates hold, delivery not checked'],
    ['a gate fails', gated(true, false), 'FAILED  exit code 1: expect acked >= 1 failed (1)'],
    [
      'gates fail',
      gated(false, false, null),
      'FAILED  exit code 1: expect acked >= 1 failed (1), and 1 more',
    ],
    [
      'a gate could not be judged',
      gated(null),
      'FAILED  exit code 3: expect acked >= 1 could not be judged (1)',
    ],
    [
      'delivery failed',
      delivered({ verdict: 'FAIL', reasons: ['lost: 3', 'more'] }),
      'FAILED  exit code 1: delivery FAIL: lost: 3',
    ],
    [
      'nobody could tell',
      delivered({ verdict: 'UNKNOWN', reasons: ['2 unaudited'] }),
      'FAILED  exit code 3: delivery UNKNOWN: 2 unaudited',
    ],
    ['the run failed', failed, 'FAILED  exit code 5: failed during measure: worker died'],
  ])('says how it ended and why: %s', async (_, result, line) => {
    script = [() => Promise.resolve(result)];
    const { io, out } = collect();
    await runRun([scenario('one')], { quiet: true }, io);
    expect(out.at(-1)).toBe(line);
  });

  it('says that nothing was run', async () => {
    const { io, out, err } = collect();
    expect(await runRun([scenario('one'), scenario('bad', 'producerz: 1')], {}, io)).toBe(2);
    expect(err.at(-1)).toBe('FAILED  exit code 2: 1 of 2 scenarios refused, nothing was run');
    expect(out).toEqual([]);
  });

  it('tells an interrupted run', async () => {
    script = [
      () => {
        process.emit('SIGINT', 'SIGINT');
        return Promise.resolve(failed);
      },
    ];
    const { io, out } = collect();
    expect(await runRun([scenario('one')], { quiet: true }, io)).toBe(130);
    expect(out.at(-1)).toBe('FAILED  exit code 130: interrupted');
  });
});

describe('--format', () => {
  const printed = async (format: DocumentFormat, ...results: (RunResult | Error)[]) => {
    script = results.map(
      (each) => () => (each instanceof Error ? Promise.reject(each) : Promise.resolve(each)),
    );
    const { io, out, err } = collect();
    const files = results.map((_, i) => scenario(`s${i}`));
    const code = await runRun(files, { format, quiet: true }, io);
    expect(out).toHaveLength(1);
    expect(err.at(-1)).toMatch(code === 0 ? /^PASSED {2}exit code 0/ : /^FAILED {2}exit code [135]/);
    return out[0]!;
  };

  it('json is the result, of several a list', async () => {
    expect(JSON.parse(await printed('json', gated(true)))).toMatchObject({ schemaVersion: '1.1' });
    expect(JSON.parse(await printed('json', gated(true), gated(false)))).toHaveLength(2);
  });

  it('markdown says first how it ended', async () => {
    const text = await printed('markdown', gated(false), gated(true));
    expect(text).toMatch(/^## FAILED: s0\n\nExit code 1: expect acked >= 1 failed \(1\)\n\n```\n/);
    expect(text).toContain('\n## PASSED: s1\n');
  });

  it.each<[string, RunResult | Error, RegExp]>([
    ['passes', gated(true), /<testsuites tests="3" failures="0" errors="0" skipped="1">/],
    ['fails at a gate', gated(false), /failures="1" errors="0"[^]*expect acked &gt;= 1/],
    ['fails at delivery', delivered({ verdict: 'FAIL', reasons: ['lost: 3'] }), /failures="1"[^]*lost: 3/],
    ['is not judged', gated(null), /failures="0" errors="2"/],
    ['fails as a whole', failed, /errors="1"[^]*worker died/],
    [
      'never began',
      new BenchError('cluster', 'no Kafka here'),
      /tests="1" failures="0" errors="1"[^]*no Kafka/,
    ],
  ])('junit of a run that %s', async (_, result, text) => {
    expect(await printed('junit', result)).toMatch(text);
  });

  it('has a place for each run, also for one without a result', async () => {
    const documents = await documentsOf(() => {
      script = [
        () => Promise.reject(new BenchError('cluster', 'no Kafka here')),
        () => Promise.resolve(gated(true)),
      ];
      return [scenario('s0'), scenario('s1')];
    });
    expect(JSON.parse(documents.json)).toMatchObject([
      { name: 's0', result: null, exitCode: 5, reason: 'no Kafka here' },
      { schemaVersion: '1.1' },
    ]);
    expect(documents.junit).toMatch(/kafka-bench run s0[^]*no Kafka here[^]*kafka-bench run s1/);
    expect(documents.markdown).toMatch(/^## FAILED: s0\n\nExit code 5: no Kafka here\n\n## PASSED: s1\n/);
  });

  it('tells a scenario that is refused, and those that are not run for it', async () => {
    const documents = await documentsOf(() => [scenario('good'), scenario('bad', 'producerz: 1')]);
    expect(ran).toEqual([]);
    const [good, bad] = [join(directory, 'good.yaml'), join(directory, 'bad.yaml')];
    const notRun = `not run: 1 of 2 scenarios refused`;
    expect(JSON.parse(documents.json)).toEqual([
      { name: good, result: null, exitCode: 2, reason: notRun },
      { name: bad, result: null, exitCode: 2, reason: expect.stringContaining('producerz') as string },
    ]);
    expect(documents.junit).toContain('tests="2" failures="0" errors="2"');
    expect(documents.junit).toMatch(/bad\.yaml[^]*exit code 2: [^]*producerz/);
    expect(documents.markdown).toContain(
      `## FAILED: ${good}\n\nExit code 2: ${notRun}\n\n## FAILED: ${bad}\n`,
    );
    expect(documents.markdown).toMatch(/Exit code 2: .*bad\.yaml:1:1: .*producerz.*$/);
  });

  it('of one scenario that is refused it is one entry, and no list', async () => {
    const { json } = await documentsOf(() => [scenario('bad', 'producerz: 1')]);
    expect(JSON.parse(json)).toMatchObject({ result: null, exitCode: 2 });
  });

  it('names the runs that an interruption kept from starting', async () => {
    const documents = await documentsOf(() => {
      script = [
        () => {
          process.emit('SIGINT', 'SIGINT');
          return Promise.resolve(failed);
        },
      ];
      return [scenario('s0'), scenario('s1')];
    });
    expect(JSON.parse(documents.json)).toMatchObject([
      { schemaVersion: '1.1' },
      { name: 's1', result: null, exitCode: 130, reason: 'interrupted before it began' },
    ]);
    expect(documents.junit).toMatch(/kafka-bench run s1[^]*interrupted before it began/);
    expect(documents.markdown).toMatch(/## FAILED: s1\n\nExit code 130: interrupted before it began$/);
  });

  async function documentsOf(prepare: () => string[]): Promise<Record<DocumentFormat, string>> {
    const documents: [string, string][] = [];
    for (const format of documentFormats) {
      const { io, out } = collect();
      await runRun(prepare(), { format, quiet: true }, io);
      expect(out).toHaveLength(1);
      documents.push([format, out[0]!]);
    }
    return Object.fromEntries(documents) as Record<DocumentFormat, string>;
  }
});
