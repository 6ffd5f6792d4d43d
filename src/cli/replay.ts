import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { BenchError } from '../base/errors.ts';
import { exitCodes, worstExitCode, type ExitCode } from '../base/exit-codes.ts';
import { renderDelivery } from '../report/delivery.ts';
import { judgeEvidence } from '../judge/delivery/files/judge-evidence.ts';
import { readResult } from '../results/read.ts';
import type { DeliveryResult } from '../results/schema.ts';
import { paintFor } from './colours.ts';
import { exitCodeOfDelivery } from './delivery-code.ts';
import type { Io } from './io.ts';

/**
 * Reaches the verdict of each trial of runs again, from the evidence beside their results and without a cluster. Exit
 * code as the runs'; 3 where it is not the verdict that the result tells of.
 */
export async function runReplay(paths: readonly string[], io: Io): Promise<ExitCode> {
  const codes: ExitCode[] = [];
  for (const path of paths) {
    if (paths.length > 1) io.out(`${codes.length > 0 ? '\n' : ''}${path}`);
    codes.push(await replayRun(path, io));
  }
  return worstExitCode(codes);
}

async function replayRun(path: string, io: Io): Promise<ExitCode> {
  const codes: ExitCode[] = [];
  const trials = await evidenceOf(path);
  for (const [i, { directory, told }] of trials.entries()) {
    if (trials.length > 1) io.out(`trial ${i + 1} of ${trials.length}`);
    codes.push(await replayTrial(directory, told, io));
  }
  return worstExitCode(codes);
}

async function replayTrial(directory: string, told: DeliveryResult | null, io: Io): Promise<ExitCode> {
  const delivery = await judgeEvidence(directory);
  io.out(renderDelivery(delivery, paintFor(process.stdout)).join('\n'));
  if (told !== null && !agrees(told, delivery)) {
    io.err(`error: the result says ${told.verdict}, and its evidence does not say the same`);
    io.err('hint: one of them was changed after the run, or another version judged it');
    return exitCodes.invalid;
  }
  return exitCodeOfDelivery([delivery]) ?? exitCodes.ok;
}

async function evidenceOf(path: string): Promise<{ directory: string; told: DeliveryResult | null }[]> {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [{ directory: path, told: null }];
  const { result } = await readResult(path);
  const found = result.trials.flatMap(({ delivery }) =>
    delivery.evidence == null ? [] : [{ directory: join(dirname(path), delivery.evidence), told: delivery }],
  );
  if (found.length === 0 || found.length < result.trials.length) {
    throw new BenchError('results', `${path} has no delivery evidence`, {
      hint: 'the run was not audited, failed before that, or said `verify: { evidence: false }`',
    });
  }
  return found;
}

/** Witnesses are examples; which come first may differ between versions. */
function agrees(told: DeliveryResult, found: DeliveryResult): boolean {
  const essence = (delivery: DeliveryResult) => ({ ...delivery, witnesses: [], evidence: null });
  return isDeepStrictEqual(essence(told), essence(found));
}
