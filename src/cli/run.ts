import { join, relative } from 'node:path';
import { BenchError } from '../base/errors.ts';
import { exitCodes, worstExitCode, type ExitCode } from '../base/exit-codes.ts';
import type { ClusterKind } from '../cluster/cluster.ts';
import { gaveUpCodes } from '../measure/outcome-rules.ts';
import { renderSummary } from '../report/summary.ts';
import type { RunResult } from '../results/schema.ts';
import { runScenario } from '../run/run-scenario.ts';
import { loadScenario, type LoadedScenario } from '../scenario/load.ts';
import { parseSetting } from '../scenario/settings.ts';
import type { Guarantee } from '../scenario/schema.ts';
import type { AckSourceChoice } from '../worker/protocol.ts';
import { paintFor } from './colours.ts';
import { exitCodeOfDelivery } from './delivery-code.ts';
import { exitCodeOf, printError } from './failure.ts';
import { listenForInterrupt, type Interrupt } from './interrupt.ts';
import type { Io } from './io.ts';
import { runDisplay } from './run-display.ts';

export interface RunArguments {
  readonly bootstrap?: string;
  readonly cluster?: 'auto' | ClusterKind;
  readonly keep?: boolean;
  readonly results?: string;
  readonly quiet?: boolean;
  readonly messages?: boolean;
  readonly ackSource?: AckSourceChoice;
  readonly trials?: number;
  readonly set?: readonly string[];
}

/** Above this rate single messages are sampled; the line before a gap says how many it leaves out. */
const shownPerSecond = 100;

/** Loads every scenario before the first runs: a mistake in the last must not cost the time of the others. */
export async function runRun(files: readonly string[], args: RunArguments, io: Io): Promise<ExitCode> {
  const scenarios: LoadedScenario[] = [];
  const codes: ExitCode[] = [];
  for (const file of files) {
    try {
      const loaded = await loadScenario(file, {
        bootstrapGiven: args.bootstrap !== undefined,
        settings: (args.set ?? []).map(parseSetting),
      });
      scenarios.push(args.trials === undefined ? loaded : withTrials(loaded, args.trials));
    } catch (error) {
      printError(error, io);
      codes.push(exitCodeOf(error));
    }
  }
  if (codes.length > 0) return worstExitCode(codes);

  const interrupt = listenForInterrupt((line) => io.err(line));
  try {
    for (const [i, scenario] of scenarios.entries()) {
      if (interrupt.stop.aborted) break;
      if (i > 0) io.out('');
      codes.push(await runOne(scenario, args, interrupt, io));
    }
  } finally {
    interrupt.dispose();
  }
  return worstExitCode(codes);
}

function withTrials(loaded: LoadedScenario, trials: number): LoadedScenario {
  return { ...loaded, scenario: { ...loaded.scenario, trials } };
}

async function runOne(
  loaded: LoadedScenario,
  args: RunArguments,
  interrupt: Interrupt,
  io: Io,
): Promise<ExitCode> {
  const display = runDisplay(io, { quiet: args.quiet ?? false, stream: process.stderr });
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
    io.out(renderSummary(result, paintFor(process.stdout)));
    if (unwritten === undefined) io.out(`\nresult  ${relative(process.cwd(), files.result)}`);
    else printError(unwritten, io);
    const code = exitCodeFor(result, loaded.scenario.delivery);
    return interrupt.code() ?? (unwritten === undefined ? code : exitCodes.failed);
  } catch (error) {
    display.end();
    if (interrupt.code() === undefined || !(error instanceof BenchError && error.code === 'interrupted')) {
      printError(error, io);
    }
    return interrupt.code() ?? exitCodeOf(error);
  }
}

/**
 * The worst of: a run that failed, a promise or gate that was broken, one that could not be judged.
 *
 * @param promised what `expect.delivery` says; undefined where the scenario leaves it to its acks
 */
export function exitCodeFor(result: RunResult, promised?: Guarantee): ExitCode {
  if (result.outcome.state !== 'completed') return exitCodes.failed;
  const deliveries = result.trials.map(({ delivery }) => delivery);
  const delivered = exitCodeOfDelivery(deliveries);
  const gates = new Set(result.expectations.map(({ ok }) => ok));
  if (delivered === exitCodes.gateFailed || gates.has(false)) return exitCodes.gateFailed;
  const gaveUp = result.trials.some(({ validity }) =>
    validity.reasons.some(({ code }) => gaveUpCodes.includes(code)),
  );
  if (delivered !== undefined || gates.has(null) || gaveUp) return exitCodes.invalid;
  // Nobody looked: that matters to whoever asked.
  const unlooked = deliveries.some(({ guarantee, verdict }) => guarantee !== 'none' && verdict === 'NONE');
  return unlooked && promised !== undefined ? exitCodes.invalid : exitCodes.ok;
}
