import { BenchError, messageOf } from '../base/errors.ts';
import { systemAdvice } from '../base/system-error.ts';
import { exitCodes, type ExitCode } from '../base/exit-codes.ts';
import type { Io } from './io.ts';

export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof BenchError)) return exitCodes.failed;
  switch (error.code) {
    case 'usage':
    case 'scenario':
      return exitCodes.usage;
    case 'interrupted':
      return exitCodes.interrupted;
    case 'results':
    case 'cluster':
    case 'worker':
    case 'setup':
      return exitCodes.failed;
  }
}

/** One line that says what is wrong and one that says what to change; a stack only for what is our own bug. */
export function printError(error: unknown, io: Io): void {
  if (error instanceof BenchError) {
    io.err(`error: ${error.message}`);
    if (error.hint !== undefined) io.err(`hint: ${error.hint}`);
    return;
  }
  io.err(`error: ${messageOf(error)}`);
  const advice = systemAdvice(error);
  if (advice !== undefined) {
    io.err(`hint: ${advice}`);
    return;
  }
  if (error instanceof Error && error.stack !== undefined) io.err(error.stack);
  io.err('hint: this is a bug in kafka-bench; please report it with the lines above');
}
