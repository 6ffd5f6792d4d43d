import { exitCodes, type ExitCode } from '../base/exit-codes.ts';
import type { DeliveryResult } from '../results/schema.ts';

/** What delivery alone makes of the exit code; undefined where nothing is wrong. Promises nobody made do not count. */
export function exitCodeOfDelivery(deliveries: readonly DeliveryResult[]): ExitCode | undefined {
  const verdicts = new Set(
    deliveries.filter(({ guarantee }) => guarantee !== 'none').map(({ verdict }) => verdict),
  );
  if (verdicts.has('FAIL') || verdicts.has('HANG')) return exitCodes.gateFailed;
  return verdicts.has('UNKNOWN') || verdicts.has('VACUOUS') ? exitCodes.invalid : undefined;
}
