import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Warning } from '../../base/errors.ts';
import { Recorder } from '../../measure/recorder.ts';
import { runFiles, type RunFiles } from '../../results/journal.ts';
import { silent } from '../observer.ts';
import { RunLog } from './run-log.ts';

let directory: string;
let files: RunFiles;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kafka-bench-log-'));
  files = runFiles(directory, new Date(0), 'log', 'abcd');
});
afterEach(() => rmSync(directory, { recursive: true }));

function interval(second: number) {
  const histogram = new Recorder();
  histogram.record(1500);
  const counts = { attempted: 1, settled: 1, errors: 0, received: 0, bytes: 9, within: 1, late: 0 };
  const latency = { ack: histogram.toSparse() };
  return { side: 'producer' as const, name: 'writer', second, counts, latency, librdkafka: [] };
}

it('writes an interval log that other programs read, and a line of the journal for each second', () => {
  const log = new RunLog(files, silent);
  log.begin(1_000_250);
  log.intervals.add(interval(-1));
  log.intervals.add(interval(0));
  log.close();
  const lines = readFileSync(files.hlog, 'utf8').trimEnd().split('\n');
  expect(lines[1]).toBe('#[Histogram log format version 1.3]');
  expect(lines[2]).toMatch(/^#\[StartTime: 1000\.250 \(seconds since epoch\)/);
  expect(lines.at(-3)).toMatch(/^"StartTimestamp"/);
  expect(lines.at(-2)).toMatch(/^Tag=writer\.ack,-1\.000,1\.000,1\.500,HIST/);
  expect(lines.at(-1)).toMatch(/^Tag=writer\.ack,0\.000,1\.000,1\.500,HIST/);
  const journal = readFileSync(files.journal, 'utf8').trimEnd().split('\n');
  expect(journal.map((line) => (JSON.parse(line) as { second: number }).second)).toEqual([-1, 0]);
});

it('tells warnings as they come, and one of each kind of librdkafka’s', () => {
  const told: Warning[] = [];
  const log = new RunLog(files, { ...silent, warning: (warning) => told.push(warning) });
  log.warn({ code: 'a', message: '1' }, { code: 'a', message: '2' });
  for (const message of ['first', 'again']) log.warnOfClient({ code: '_TRANSPORT', message });
  log.close();
  expect(told).toEqual(log.warnings);
  expect(log.warnings.map(({ code, message }) => [code, message])).toEqual([
    ['a', '1'],
    ['a', '2'],
    ['client _TRANSPORT', 'first'],
  ]);
});

it('leaves nothing behind where nothing was measured', () => {
  const log = new RunLog(files, silent);
  log.discard();
  expect(existsSync(files.journal)).toBe(false);
  expect(existsSync(files.hlog)).toBe(false);
});
