import { writeFileSync } from 'node:fs';
import { messageOf } from '../src/base/errors.ts';
import { renderTable } from '../src/report/table.ts';
import { describeTool } from '../src/trial/record/environment.ts';
import { avro } from './avro.ts';
import { consuming } from './consuming.ts';
import { describeMachine, loadAverage, OtherPrograms } from './machine.ts';
import { readOptions, usage, type Options } from './options.ts';
import { pacing } from './pacing.ts';
import { parts } from './parts.ts';
import { producing } from './producing.ts';
import { proxying } from './proxying.ts';
import type { Context, Measurement, Section } from './section.ts';
import { tapping } from './tapping.ts';
import { verifying } from './verifying.ts';

/** What is measured, in order; a file each. */
const measurements: Readonly<Record<string, Measurement>> = {
  pacing,
  produce: producing,
  consume: consuming,
  verify: verifying,
  tap: tapping,
  proxy: proxying,
  avro,
  parts,
};

async function main(options: Options): Promise<void> {
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort(new Error('interrupted')));
  const { version, git } = describeTool();
  const head = [
    `kafka-bench ${version}${git === null ? '' : ` (${git})`} measured on ${describeMachine()}`,
    `Load average before: ${loadAverage()}. Rounds: ${options.rounds}, alternatives in turn; median [least–most].`,
    'The machine is shared with the mock, the brokers and whatever else runs: ratios of neighbouring runs tell more',
    'than their absolute numbers. `others`: cores that other programs used meanwhile.',
    ...(options.quick ? ['--quick: shows that everything runs; too short to measure anything.'] : []),
  ];
  console.log(head.join('\n'));

  const taken: Record<string, unknown> = { version, git, machine: describeMachine(), options };
  for (const name of options.only) {
    const others = new OtherPrograms();
    const section = await measurements[name]!(contextOf(name, options, interrupted.signal));
    const cores = others.read();
    taken[name] = { samples: section.samples, notes: section.notes, others: cores };
    console.log(render(section, cores));
  }
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(taken, null, 2)}\n`);
}

function contextOf(name: string, { rounds, quick }: Options, signal: AbortSignal): Context {
  const status = (line: string): void => {
    // On a terminal the line is overwritten, so that the report stays what is on the screen at the end.
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${name}: ${line}`);
  };
  const seconds = quick ? { warmupSeconds: 0.3, seconds: 0.5 } : { warmupSeconds: 1, seconds: 4 };
  return { rounds, quick, ...seconds, signal, status };
}

function render({ title, rows, alignments, notes }: Section, others: number | null): string {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  const aside = others === null ? '' : ` (others: ${others.toFixed(2)})`;
  return [
    '',
    `${title}${aside}`,
    ...renderTable(rows, alignments).map((line) => `  ${line}`),
    ...notes.map((note) => `  ${note}`),
  ].join('\n');
}

/** What the arguments ask for, or why they cannot be followed. */
function optionsOrExit(): Options {
  try {
    return readOptions(process.argv.slice(2), Object.keys(measurements));
  } catch (error) {
    console.error(`${messageOf(error)}\n${usage}`);
    process.exit(2);
  }
}

try {
  await main(optionsOrExit());
  process.exit(0);
} catch (error) {
  console.error(messageOf(error));
  process.exit(5);
}
