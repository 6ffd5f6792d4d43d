import type * as fileSystem from 'node:fs';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BenchError } from '../base/errors.ts';
import { AppendFile, runFiles } from './journal.ts';
import { readResult } from './read.ts';
import { runResultOf, trialResult } from './sample.case.ts';
import { writeResult } from './write.ts';

// Files that the test names full.* are the device that never has space, so that the error is the system's own.
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof fileSystem>();
  const openSync: typeof fs.openSync = (path, flags, mode) =>
    String(path).includes('full.') ? fs.openSync('/dev/full', 'w') : fs.openSync(path, flags, mode);
  return { ...fs, default: { ...fs, openSync }, openSync };
});

let directory: string;
const at = (name: string) => join(directory, name);
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'kafka-bench-results-'))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function failureOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** What a person sees of it: one line that names the file, and a hint. */
function expectOneLine(error: unknown, path: string): void {
  expect(error).toBeInstanceOf(BenchError);
  const { code, message, hint } = error as BenchError;
  expect(['results', 'usage']).toContain(code);
  expect(message).toContain(path);
  expect(message).not.toContain('\n');
  expect(hint ?? '').not.toContain('\n');
}

describe('writeResult and readResult', () => {
  it('give back what was written, without a warning', async () => {
    const result = runResultOf();
    writeResult(at('deep/down/run.json'), result, []);
    expect(await readResult(at('deep/down/run.json'))).toEqual({ result, warnings: [] });
    expect(readdirSync(at('deep/down'))).toEqual(['run.json']);
  });

  it('replace an older result as a whole', async () => {
    writeResult(at('run.json'), runResultOf(), []);
    writeResult(at('run.json'), runResultOf({ runId: 'second' }), []);
    expect((await readResult(at('run.json'))).result.runId).toBe('second');
  });

  it('write no number that JSON cannot hold, and name its field', () => {
    const trial = trialResult();
    trial.harness.cpu = NaN;
    const failed = failureOf(() => writeResult(at('run.json'), runResultOf({ trials: [trial] }), []));
    expect((failed as Error).message).toMatch(/^result field trials\.0\.harness\.cpu: [^\n]*NaN[^\n]*$/);
    const resolved = { rate: Infinity };
    const scenario = { ...runResultOf().scenario, resolved };
    expect(() => writeResult(at('run.json'), runResultOf({ scenario }), [])).toThrow(
      'result field rate is Infinity',
    );
    expect(readdirSync(directory)).toEqual([]);
  });

  it('say in one line where a result cannot be written', () => {
    writeFileSync(at('file'), '');
    expectOneLine(
      failureOf(() => writeResult(at('file/run.json'), runResultOf(), [])),
      at('file/run.json'),
    );
  });

  it.skipIf(!existsSync('/dev/full'))('say so for a full disk, and leave no half result', () => {
    const failed = failureOf(() => writeResult(at('full.json'), runResultOf(), []));
    expectOneLine(failed, at('full.json'));
    expect((failed as BenchError).message).toContain('ENOSPC');
    expect(existsSync(at('full.json'))).toBe(false);
  });
});

describe('secrets', () => {
  const secretive = (text: string) =>
    runResultOf({
      outcome: { state: 'failed', phase: 'prepare', reason: `login with ${text} failed` },
      scenario: { ...runResultOf().scenario, resolved: { consumers: [{ name: `x ${text}` }], rate: 12345 } },
      warnings: [{ code: 'client _AUTHENTICATION', message: `user u, password ${JSON.stringify(text)}` }],
    });

  it.each(['hunter2hunter2', 'with "quotes" and \\', 'grüße/ß?&'])(
    'never reach the file: %s',
    async (secret) => {
      writeResult(at('run.json'), secretive(secret), [secret]);
      const text = readFileSync(at('run.json'), 'utf8');
      expect(text).not.toContain(secret);
      expect(text).not.toContain(JSON.stringify(secret).slice(1, -1));
      const { result } = await readResult(at('run.json'));
      expect(result.outcome).toMatchObject({ reason: 'login with [redacted] failed' });
    },
  );

  it.each(['kafka', 'local', 'failed', '2026', '12345', 'HIST', 'consumers', 'true', 'null'])(
    'that are a word of the format leave it readable: %s',
    async (secret) => {
      const given = secretive(secret);
      writeResult(at('run.json'), given, [secret]);
      const { result } = await readResult(at('run.json'));
      expect(result.outcome).toMatchObject({
        state: 'failed',
        reason: expect.stringContaining('[redacted]') as string,
      });
      expect(result.trials).toEqual(given.trials);
      expect(result.startedAt).toBe(given.startedAt);
      expect(result.scenario.resolved).toMatchObject({
        consumers: [{ name: expect.stringContaining('[redacted]') as string }],
        rate: 12345,
      });
    },
  );
});

describe('readResult', () => {
  const written = (change: (json: Record<string, unknown>) => void): string => {
    const json = JSON.parse(JSON.stringify(runResultOf())) as Record<string, unknown>;
    change(json);
    writeFileSync(at('run.json'), JSON.stringify(json));
    return at('run.json');
  };
  const refusal = async (path: string): Promise<string> => {
    const error = await readResult(path).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expectOneLine(error, path);
    return (error as BenchError).message;
  };

  it('reads what version 1.0 wrote, for as long as the major version stands', async () => {
    const path = fileURLToPath(new URL('./golden/result-1.0.json', import.meta.url));
    const { result, warnings } = await readResult(path);
    expect(warnings).toEqual([]);
    // It had no p95 by name.
    const written = JSON.stringify(runResultOf({ schemaVersion: '1.0' }), (key, value: unknown) =>
      key === 'p95' ? undefined : value,
    );
    expect(result).toEqual(JSON.parse(written));
  });

  it('reads a newer minor version with a warning, leaving out what it does not know', async () => {
    const path = written((json) => Object.assign(json, { schemaVersion: '1.7', novelty: 1 }));
    const { result, warnings } = await readResult(path);
    expect(warnings.map(({ code }) => code)).toEqual(['newer-result']);
    expect(warnings[0]!.message).toContain('1.7');
    expect(result).not.toHaveProperty('novelty');
    expect(result.trials).toHaveLength(1);
  });

  it.each(['2.0', '0.9', 'x', ''])('refuses version "%s"', async (schemaVersion) => {
    expect(await refusal(written((json) => Object.assign(json, { schemaVersion })))).toContain('reads 1.x');
  });

  it('names the field of a damaged result', async () => {
    const path = written((json) => {
      (json['trials'] as { producers: { acked: unknown }[] }[])[0]!.producers[0]!.acked = 'many';
    });
    expect(await refusal(path)).toContain('is damaged: trials.0.producers.0.acked:');
    expect(await refusal(written((json) => delete json['cluster']))).toContain('cluster');
  });

  it.each([
    ['text over several lines', '# heading\n\nno json\n'],
    ['half a result', JSON.stringify(runResultOf(), null, 1).slice(0, 500)],
    ['nothing', ''],
    ['bytes', '\u0000\u0001\n\u0002'],
  ])('refuses %s', async (_, text) => {
    writeFileSync(at('run.json'), text);
    expect(await refusal(at('run.json'))).toContain('no JSON');
  });

  it.each(['null', '3', '[]', '{}', '{"schemaVersion":1}'])(
    'refuses the JSON of something else: %s',
    async (text) => {
      writeFileSync(at('run.json'), text);
      expect(await refusal(at('run.json'))).toContain('is not a kafka-bench result');
    },
  );

  it('refuses a missing file and a directory', async () => {
    expect(await refusal(at('none.json'))).toContain('there is no ');
    expect(await refusal(directory)).toContain('EISDIR');
  });
});

describe('AppendFile', () => {
  it('grows, makes its directory, and keeps what it has when it is closed', () => {
    const file = new AppendFile(at('sub/run.jsonl'));
    file.append('one\n');
    file.append('two\n');
    file.close();
    file.append('three\n');
    file.close();
    expect(readFileSync(at('sub/run.jsonl'), 'utf8')).toBe('one\ntwo\n');
    expect(file.warning).toBeUndefined();
  });

  it('is gone when it is discarded', () => {
    const file = new AppendFile(at('run.jsonl'));
    file.append('one\n');
    file.discard();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('never writes over what is there', () => {
    writeFileSync(at('run.jsonl'), 'evidence');
    expectOneLine(
      failureOf(() => new AppendFile(at('run.jsonl'))),
      at('run.jsonl'),
    );
    expect(readFileSync(at('run.jsonl'), 'utf8')).toBe('evidence');
  });

  it('says in one line where it cannot be made', () => {
    writeFileSync(at('file'), '');
    expectOneLine(
      failureOf(() => new AppendFile(at('file/run.jsonl'))),
      at('file/run.jsonl'),
    );
  });

  it.skipIf(!existsSync('/dev/full'))(
    'stops with one warning when the disk is full, and the run goes on',
    () => {
      const file = new AppendFile(at('full.jsonl'));
      file.append('one\n');
      const { warning } = file;
      expect(warning).toMatchObject({
        code: 'journal-stopped',
        message: expect.stringContaining('ENOSPC') as string,
      });
      file.append('two\n');
      expect(file.warning).toBe(warning);
    },
  );
});

describe('runFiles', () => {
  it('are named after the time in UTC, the scenario and the run, so that a listing sorts them', () => {
    const files = runFiles('results/runs', new Date('2026-03-04T05:06:07.891Z'), 'acks0', '0badcafe');
    expect(files).toEqual({
      result: 'results/runs/20260304T050607Z-acks0-0badcafe.json',
      journal: 'results/runs/20260304T050607Z-acks0-0badcafe.jsonl',
      hlog: 'results/runs/20260304T050607Z-acks0-0badcafe.hlog',
      evidence: 'results/runs/20260304T050607Z-acks0-0badcafe.evidence',
    });
  });

  it('hold no character that a path could not', () => {
    expect(runFiles('d', new Date(0), '../a b/ü', '1').result).toBe('d/19700101T000000Z-.._a_b__-1.json');
  });
});
