import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes, worstExitCode, type ExitCode } from '../base/exit-codes.ts';
import { packageRoot } from '../base/package-root.ts';
import { commands } from './commands/all.ts';
import { runProgram } from './commands/program.ts';
import { exitCodeOf, printError } from './failure.ts';
import { terminal, type Io } from './io.ts';

/** Runs one command line; the exit code is returned, never set here. Commands are loaded when they are used. */
export async function main(
  argv: readonly string[],
  io: Io = terminal,
  env: NodeJS.ProcessEnv = process.env,
): Promise<ExitCode> {
  const code = await run(argv, io, env);
  const lost = (await io.lost?.()) ?? null;
  if (lost === null) return code;
  io.err(`error: the output cannot be written: ${lost}`);
  return worstExitCode([code, exitCodes.failed]);
}

async function run(argv: readonly string[], io: Io, env: NodeJS.ProcessEnv): Promise<ExitCode> {
  const describe = 'Benchmark and delivery verification for Apache Kafka on librdkafka';
  try {
    return (await runProgram({ commands, describe, version: version() }, argv, io, env)) ?? exitCodes.ok;
  } catch (error) {
    printError(error, io);
    return exitCodeOf(error);
  }
}

function version(): string {
  return (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string })
    .version;
}
