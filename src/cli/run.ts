import { join, relative } from 'node:path';
import type { AckSourceChoice, ClusterChoice, OutputFormat } from '../base/choices.ts';
import { BenchError, messageOf } from '../base/errors.ts';
import { exitCodes, worstExitCode, type ExitCode } from '../base/exit-codes.ts';
import { renderRuns, type EndedRun } from '../report/run-formats.ts';
import { renderSummary } from '../report/summary.ts';
import type { RunResult } from '../results/schema.ts';
import { runScenario } from '../experiment/run-scenario.ts';
import { loadScenario, type LoadedScenario } from '../scenario/load.ts';
import { parseSetting } from '../scenario/settings.ts';
import type { Guarantee } from '../scenario/schema.ts';
import { paintFor } from './colours.ts';
import { exitCodeOf, printError } from './failure.ts';
import { listenForInterrupt, type Interrupt } from './interrupt.ts';
import type { Io } from './io.ts';
import { runDisplay } from './run-display.ts';
import { verdictLine, verdictOf, type RunVerdict } from './run-verdict.ts';

export interface RunArguments {
  readonly bootstrap?: string;
  readonly cluster?: ClusterChoice;
  readonly keep?: boolean;
  readonly results?: string;
  readonly quiet?: boolean;
  readonly messages?: boolean;
  readonly ackSource?: AckSourceChoice;
  readonly trials?: number;
  readonly set?: readonly string[];
  /** Of standard output; files are written whatever it is. */
  readonly format?: OutputFormat;
}

/** Above this rate single messages are sampled; the line before a gap says how many it leaves out. */
const shownPerSecond = 100;

/** Loads every scenario before the first runs: a mistake in the last must not cost the time of the others. */
export async function runRun(files: readonly string[], args: RunArguments, io: Io): Promise<ExitCode> {
  const { format = 'terminal' } = args;
  const isText = format === 'terminal';
  const scenarios: LoadedScenario[] = [];
  const refusals: (RunVerdict | null)[] = [];
  for (const file of files) {
    try {
      const loaded = await loadScenario(file, {
        bootstrapGiven: args.bootstrap !== undefined,
        settings: (args.set ?? []).map(parseSetting),
      });
      scenarios.push(args.trials === undefined ? loaded : withTrials(loaded, args.trials));
      refusals.push(null);
    } catch (error) {
      printError(error, io);
      refusals.push({ code: exitCodeOf(error), reason: messageOf(error) });
    }
  }
  const refused = refusals.filter((each) => each !== null);
  if (refused.length > 0) {
    const code = worstExitCode(refused.map((each) => each.code));
    const count = `${refused.length} of ${files.length} scenarios refused`;
    if (!isText) {
      const notRun: RunVerdict = { code, reason: `not run: ${count}` };
      const entries = files.map((name, i) => ({ name, result: null, verdict: refusals[i] ?? notRun }));
      io.out(renderRuns(format, entries));
    }
    io.err(verdictLine({ code, reason: `${count}, nothing was run` }));
    return code;
  }

  const interrupt = listenForInterrupt((line) => io.err(line));
  const ended: EndedRun[] = [];
  try {
    for (const [i, scenario] of scenarios.entries()) {
      const stopped = interrupt.code();
      if (stopped !== undefined) {
        const verdict = { code: stopped, reason: 'interrupted before it began' };
        ended.push({ name: scenario.scenario.name, result: null, verdict });
        continue;
      }
      if (i > 0 && isText) io.out('');
      ended.push(await runOne(scenario, args, interrupt, io));
    }
  } finally {
    interrupt.dispose();
  }
  if (!isText) io.out(renderRuns(format, ended));
  const worst = worstOf(ended);
  // Standard output is one document in every other format.
  if (isText) io.out(verdictLine(worst));
  else io.err(verdictLine(worst));
  return worst.code;
}

/** Of several runs the worst decides, and the line names it. */
function worstOf(ended: readonly EndedRun[]): RunVerdict {
  const code = worstExitCode(ended.map(({ verdict }) => verdict.code));
  const [first, ...more] = ended.filter(({ verdict }) => verdict.code === code);
  if (first === undefined) return { code, reason: 'nothing to run' };
  if (ended.length === 1) return first.verdict;
  if (code === exitCodes.ok) return { code, reason: `${ended.length} of ${ended.length} runs passed` };
  const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
  return { code, reason: `${first.name}: ${first.verdict.reason}${others}` };
}

function withTrials(loaded: LoadedScenario, trials: number): LoadedScenario {
  return { ...loaded, scenario: { ...loaded.scenario, trials } };
}

async function runOne(
  loaded: LoadedScenario,
  args: RunArguments,
  interrupt: Interrupt,
  io: Io,
): Promise<EndedRun> {
  const { name } = loaded.scenario;
  const isText = (args.format ?? 'terminal') === 'terminal';
  const told = isText ? io : { ...io, out: (text: string) => io.err(text) };
  const display = runDisplay(told, { quiet: args.quiet ?? false, stream: process.stderr });
  const stopped = (): RunVerdict | undefined => {
    const code = interrupt.code();
    return code === undefined ? undefined : { code, reason: 'interrupted' };
  };
  try {
    const { result, files, unwritten } = await runScenario(loaded, {
      env: process.env,
      resultsDirectory: args.results ?? join('results', 'runs'),
      bootstrap: args.bootstrap,
      cluster: args.cluster,
      keep: args.keep,
      ackSource: args.ackSource,
      showMessagesPerSecond: args.messages ? shownPerSecond : 0,
      observer: display,
      stop: interrupt.stop,
      cut: interrupt.cut,
    });
    display.end();
    if (isText) io.out(renderSummary(result, paintFor(process.stdout)));
    if (unwritten === undefined)
      told.out(`${isText ? '\n' : ''}result  ${relative(process.cwd(), files.result)}`);
    else printError(unwritten, io);
    const unsaved: RunVerdict | undefined = unwritten && {
      code: exitCodes.failed,
      reason: `the result is not written: ${messageOf(unwritten)}`,
    };
    return { name, result, verdict: stopped() ?? unsaved ?? verdictOf(result, loaded.scenario.delivery) };
  } catch (error) {
    display.end();
    if (interrupt.code() === undefined || !(error instanceof BenchError && error.code === 'interrupted')) {
      printError(error, io);
    }
    return {
      name,
      result: null,
      verdict: stopped() ?? { code: exitCodeOf(error), reason: messageOf(error) },
    };
  }
}

/** As `verdictOf`, for whoever wants the number alone. */
export function exitCodeFor(result: RunResult, promised?: Guarantee): ExitCode {
  return verdictOf(result, promised).code;
}
