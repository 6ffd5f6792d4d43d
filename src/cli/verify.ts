import { BenchError } from '../base/errors.ts';
import { exitCodes, type ExitCode } from '../base/exit-codes.ts';
import { nearest } from '../base/nearest.ts';
import { formatNumber } from '../base/units.ts';
import { anomalyKinds, type AnomalyKind } from '../judge/delivery/anomalies.ts';
import { selftest, type SelftestResult } from '../selftest/delivery/selftest.ts';
import type { Io } from './io.ts';
import { table } from './table.ts';

export interface SelftestCommand {
  readonly seed?: number;
  /** Detectors that are switched off, to see the self-test fail. */
  readonly disable?: readonly string[];
}

/**
 * Plants anomalies in legal traces and prints recall and false positives of each kind. Exit code 1 unless
 * everything planted is found and nothing else.
 */
export function runSelftest({ seed = 1, disable = [] }: SelftestCommand, io: Io): ExitCode {
  const disabled = disable.map(detectorNamed);
  const started = performance.now();
  const result = selftest({ seed, disabled });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  io.out(render(result, disabled).join('\n'));
  io.out(`${result.ok ? 'ok' : 'FAILED'} in ${seconds} s with seed ${seed}`);
  return result.ok ? exitCodes.ok : exitCodes.gateFailed;
}

function detectorNamed(name: string): AnomalyKind {
  const found = anomalyKinds.find((kind) => kind === name);
  if (found !== undefined) return found;
  const near = nearest(name, anomalyKinds);
  throw new BenchError('usage', `there is no detector ${name}`, {
    hint: near === undefined ? `one of ${anomalyKinds.join(', ')}` : `did you mean ${near}?`,
  });
}

function render(result: SelftestResult, disabled: readonly AnomalyKind[]): string[] {
  const { mutations, random } = result;
  const lines = table(
    ['mutation', 'expected', 'traces', 'exact', 'false positives'],
    mutations.map(({ name, plants, traces, found, falsePositives }) => [
      name,
      plants === 'none' ? 'silence' : plants,
      traces,
      found,
      falsePositives,
    ]),
  );
  const planted = mutations.filter(({ plants }) => plants !== 'none').length;
  lines.push(
    '',
    ...(disabled.length > 0 ? [`switched off: ${disabled.join(', ')}`] : []),
    `mutations   ${planted} that plant something, ${mutations.length - planted} controls`,
    `recall      ${percent(result.recall)}`,
    `false pos.  ${formatNumber(result.falsePositives)}`,
    `reference   ${formatNumber(random.equal)} of ${formatNumber(random.traces)} random traces judged alike`,
  );
  for (const { name, problem } of mutations) if (problem !== null) lines.push(`${name}: ${problem}`);
  if (random.problem !== null) lines.push(random.problem);
  return lines;
}

/** 100 % is said only where it is meant. */
function percent(share: number): string {
  return share === 1 ? '100 %' : `${(Math.floor(share * 1000) / 10).toFixed(1)} %`;
}
