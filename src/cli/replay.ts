import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { BenchError } from '../base/errors.ts';
import { exitCodes, type ExitCode } from '../base/exit-codes.ts';
import { renderDelivery } from '../report/delivery.ts';
import { judgeEvidence } from '../results/evidence/judge-evidence.ts';
import { readResult } from '../results/read.ts';
import type { DeliveryResult } from '../results/schema.ts';
import { paintFor } from './colours.ts';
import type { Io } from './io.ts';

/**
 * Reaches the verdict of a run again, from the evidence beside its result and without a cluster. Exit code as the
 * run's; 3 where it is not the verdict that the result tells of.
 */
export async function runReplay(path: string, io: Io): Promise<ExitCode> {
  const { directory, told } = await evidenceOf(path);
  const delivery = await judgeEvidence(directory);
  io.out(renderDelivery(delivery, paintFor(process.stdout)).join('\n'));
  if (told !== null && !agrees(told, delivery)) {
    io.err(`error: the result says ${told.verdict}, and its evidence does not say the same`);
    io.err('hint: one of them was changed after the run, or another version judged it');
    return exitCodes.invalid;
  }
  return codeOf(delivery);
}

async function evidenceOf(path: string): Promise<{ directory: string; told: DeliveryResult | null }> {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return { directory: path, told: null };
  const { result } = await readResult(path);
  const told = result.trials[0]?.delivery ?? null;
  if (told?.evidence == null) {
    throw new BenchError('results', `${path} has no delivery evidence`, {
      hint: 'the run was not audited, failed before that, or said `verify: { evidence: false }`',
    });
  }
  return { directory: join(dirname(path), told.evidence), told };
}

/** Witnesses are examples; which come first may differ between versions. */
function agrees(told: DeliveryResult, found: DeliveryResult): boolean {
  const essence = (delivery: DeliveryResult) => ({ ...delivery, witnesses: [], evidence: null });
  return isDeepStrictEqual(essence(told), essence(found));
}

function codeOf({ verdict, guarantee }: DeliveryResult): ExitCode {
  if (guarantee === 'none' || verdict === 'PASS' || verdict === 'NONE') return exitCodes.ok;
  return verdict === 'UNKNOWN' || verdict === 'VACUOUS' ? exitCodes.invalid : exitCodes.gateFailed;
}
