import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../src/base/errors.ts';
import { exitCodes, worstExitCode, type ExitCode } from '../../src/base/exit-codes.ts';
import { packageRoot } from '../../src/base/package-root.ts';
import { renderTable } from '../../src/report/table.ts';
import { describeTool } from '../../src/trial/record/environment.ts';
import { describeMachine, loadAverage } from '../machine.ts';
import { foundText, tryRow, type Attempt } from './attempt.ts';
import type { Outcome } from './check.ts';
import { ownClusters } from './clusters.ts';
import { readOptions, usage, type Options } from './options.ts';
import { rows, type Row } from './rows.ts';

interface Tried {
  readonly row: Row;
  readonly attempts: readonly Attempt[];
  /** Of the machine, before the row. */
  readonly load: string;
}

const codes: Readonly<Record<Outcome, ExitCode>> = {
  PASS: exitCodes.ok,
  FAIL: exitCodes.gateFailed,
  VACUOUS: exitCodes.invalid,
  ERROR: exitCodes.failed,
};

async function main({ only, json, seed }: Options): Promise<ExitCode> {
  const stopping = new AbortController();
  process.once('SIGINT', () => stopping.abort(new Error('interrupted')));
  const say = (line: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`);
  const env = await ownClusters(process.env, say);
  const resultsDirectory = join(packageRoot(), 'results', 'runs');
  const tried: Tried[] = [];
  for (const row of rows.filter(({ name }) => only.includes(name))) {
    if (stopping.signal.aborted) break;
    const load = loadAverage();
    say(`${row.name}: predicted ${row.predicted}; load ${load}`);
    const attempts = await tryRow(row, seed, { env, resultsDirectory, stop: stopping.signal, say });
    tried.push({ row, attempts, load });
  }
  console.log(report(tried));
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(toJson(tried), null, 2)}\n`);
  if (stopping.signal.aborted) return exitCodes.interrupted;
  return worstExitCode(tried.map(({ attempts }) => codes[attempts.at(-1)?.outcome ?? 'ERROR']));
}

function report(tried: readonly Tried[]): string {
  const { version, git } = describeTool();
  const versions = tried.flatMap(({ attempts }) => attempts).find(({ kafka }) => kafka !== null);
  const lines = tried.map(({ row, attempts, load }) => {
    const last = attempts.at(-1);
    if (!last) return [row.name, row.predicted, '', 'not run', '', '', load];
    const took = attempts.reduce((sum, { seconds }) => sum + seconds, 0);
    return [row.name, row.predicted, foundText(last), last.outcome, `${attempts.length}`, `${took} s`, load];
  });
  const head = ['row', 'predicted', 'found', 'outcome', 'tries', 'took', 'load before'];
  return [
    `kafka-bench ${version}${git === null ? '' : ` (${git})`}, Kafka ${versions?.kafka ?? '?'}, librdkafka ${versions?.librdkafka ?? '?'}`,
    `${new Date().toISOString().slice(0, 16)}Z on ${describeMachine()}`,
    '',
    ...renderTable([head, ...lines], ['left', 'left', 'left', 'left', 'right', 'right', 'left']),
  ].join('\n');
}

function toJson(tried: readonly Tried[]): unknown {
  const list = tried.map(({ row: { name, predicted, because, fails }, attempts, load }) => {
    return { name, predicted, because, fails, load, attempts };
  });
  return { ...describeTool(), machine: describeMachine(), date: new Date().toISOString(), rows: list };
}

function optionsOrExit(): Options {
  try {
    return readOptions(
      process.argv.slice(2),
      rows.map(({ name }) => name),
    );
  } catch (error) {
    console.error(`${messageOf(error)}\n${usage}`);
    process.exit(exitCodes.usage);
  }
}

try {
  process.exit(await main(optionsOrExit()));
} catch (error) {
  console.error(messageOf(error));
  process.exit(exitCodes.failed);
}
