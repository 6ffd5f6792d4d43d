import { BenchError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import { everyCommand, type Command, type CommandGroup } from './command.ts';

/**
 * `KAFKA_BENCH_TRIALS=3` stands for `--trials 3` where that is not given. KAFKA_BENCH_BOOTSTRAP is no option by
 * another name: a scenario's own cluster comes before it.
 */
export const variableOf = (option: string): string =>
  `KAFKA_BENCH_${option.toUpperCase().replaceAll('-', '_')}`;

const ownMeaning: ReadonlySet<string> = new Set(['bootstrap']);

/** Variables that are no options: of the set-up and the tests, and those that commands of faults are given. */
export const otherVariables: readonly string[] = [
  ...['CACHE', 'TESTS', 'REQUIRE_ALL', 'TEST_ACK_SOURCE', 'GROUP_PROTOCOL', 'DOCS_AS_WRITTEN'],
  ...['ACTION', 'BROKER', 'BROKER_ID', 'HOST', 'PORT'],
].map(variableOf);

/**
 * A scenario may read variables of any name; one that is nearly that of an option is a mistake.
 * @throws BenchError `usage`
 */
export function refuseMistyped(commands: readonly (Command | CommandGroup)[], env: NodeJS.ProcessEnv): void {
  const options = everyCommand(commands).flatMap(([, { options }]) => Object.keys(options).map(variableOf));
  const known = new Set([...options, ...otherVariables]);
  const prefix = variableOf('');
  const endings = [...known].map((name) => name.slice(prefix.length));
  for (const name of Object.keys(env)) {
    if (!name.startsWith(prefix) || known.has(name) || env[name] === '') continue;
    const near = nearest(name.slice(prefix.length), endings);
    if (near === undefined) continue;
    throw new BenchError('usage', `unknown variable ${name}`, {
      hint: `did you mean ${prefix}${near}? If it is yours, give it a name without ${prefix}`,
    });
  }
}

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
