import { BenchError } from '../../base/errors.ts';
import type { Command } from './command.ts';

/**
 * `KAFKA_BENCH_TRIALS=3` stands for `--trials 3` where that is not given. KAFKA_BENCH_BOOTSTRAP is no option by
 * another name: a scenario's own cluster comes before it.
 */
export const variableOf = (option: string): string =>
  `KAFKA_BENCH_${option.toUpperCase().replaceAll('-', '_')}`;

const ownMeaning: ReadonlySet<string> = new Set(['bootstrap']);

/** The options of a command that the environment gives, as yargs takes them. @throws BenchError `usage` */
export function environmentOptions(
  { options }: Command,
  env: NodeJS.ProcessEnv,
): Readonly<Record<string, string | boolean>> {
  const given: Record<string, string | boolean> = {};
  for (const [name, { yargs }] of Object.entries(options)) {
    const variable = variableOf(name);
    const value = env[variable];
    if (value === undefined || value === '' || ownMeaning.has(name)) continue;
    given[name] = yargs.type === 'boolean' ? booleanOf(variable, value) : value;
  }
  return given;
}

function booleanOf(variable: string, value: string): boolean {
  if (/^(1|true|yes|on)$/i.test(value)) return true;
  if (/^(0|false|no|off)$/i.test(value)) return false;
  throw new BenchError('usage', `${variable}="${value}" is neither true nor false`, {
    hint: 'set it to 1 or 0, or unset it',
  });
}
