import { exitCodes, type ExitCode } from '../base/exit-codes.ts';
import { scenarioJsonSchema } from '../scenario/json-schema.ts';
import type { Io } from './io.ts';

/** Prints the JSON Schema of scenario files. */
export function runSchema(_args: readonly string[], io: Io): Promise<ExitCode> {
  io.out(JSON.stringify(scenarioJsonSchema(), null, 2));
  return Promise.resolve(exitCodes.ok);
}
