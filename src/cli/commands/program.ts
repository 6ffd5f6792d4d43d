import yargs, { type Argv } from 'yargs';
import type { ExitCode } from '../../base/exit-codes.ts';
import type { Io } from '../io.ts';
import { isGroup, nameOf, type Command, type CommandGroup } from './command.ts';
import { environmentOptions, refuseMistyped, variableOf } from './environment.ts';
import { withOneCluster } from './one-cluster.ts';
import { readValues } from './option.ts';
import { messages, noCommand, refuseFlagValues, usageError, type Place } from './usage-error.ts';

export const programName = 'kafka-bench';

/** Help fits a terminal of this width, whatever the width of this one. */
const helpColumns = 80;

export interface Program {
  readonly commands: readonly (Command | CommandGroup)[];
  readonly describe: string;
  readonly version: string;
}

/**
 * Reads a command line and runs the command that it names. @returns its exit code, undefined where help, the version
 * or completions were asked for. @throws BenchError `usage` for a command line that is wrong, and what the command throws
 */
export async function runProgram(
  { commands, describe, version }: Program,
  argv: readonly string[],
  io: Io,
  env: NodeJS.ProcessEnv,
): Promise<ExitCode | undefined> {
  let code: ExitCode | undefined;
  let printed = '';
  let place: Place = { path: programName, at: commands, argv, label: (name) => `--${name}` };
  const program = withoutTypes(yargs())
    .scriptName(programName)
    .detectLocale(false)
    .updateStrings(messages as never)
    .parserConfiguration({
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'populate--': false,
    })
    .exitProcess(false)
    .wrap(helpColumns)
    .strict()
    .strictCommands()
    .help()
    .alias('help', 'h')
    .version(version)
    .alias('version', 'V')
    .usage(`Usage: $0 <command> [options]\n\n${describe}`)
    .epilogue(`$0 COMMAND --help explains one. ${variableOf('name')}=VALUE stands for --name VALUE.`)
    .demandCommand(1, noCommand)
    .fail((message: string | null, error: Error | undefined, help) => {
      // A command threw; yargs has a message only for what it found itself.
      if (message === null) throw error ?? new Error('a command failed without saying why');
      if (message === noCommand && argv.length === 0) help.showHelp((text: string) => io.err(text));
      throw usageError(message, place);
    });
  for (const each of commands) add(program, each, programName);
  await program.parseAsync([...argv], {}, (_error, _argv, output) => {
    printed = output;
  });
  if (printed !== '') io.out(printed);
  return code;

  function add(to: Argv, each: Command | CommandGroup, parent: string): void {
    const path = `${parent} ${nameOf(each)}`;
    if (isGroup(each)) {
      to.command(each.usage, each.describe, (inner) => {
        place = { ...place, path, at: each };
        inner.usage(`Usage: $0 ${nameOf(each)} <command>\n\n${each.describe}`).version(false);
        for (const command of each.commands) add(inner, command, path);
        return inner.demandCommand(1, noCommand);
      });
      return;
    }
    to.command(
      each.usage,
      each.describe,
      (inner) => {
        const fromEnvironment = environmentOptions(each, env);
        const label = (name: string): string => {
          const isGiven = argv.some((word) => word === `--${name}` || word.startsWith(`--${name}=`));
          return name in fromEnvironment && !isGiven ? variableOf(name) : `--${name}`;
        };
        place = { ...place, path, at: each, label };
        return describeCommand(inner, each, parent).config(fromEnvironment);
      },
      async (given) => {
        refuseMistyped(commands, env);
        refuseFlagValues(each, argv);
        const values = {
          ...readValues(each.positionals, given, (name) => name),
          ...readValues(each.options, given, place.label),
        };
        code = await each.run(withOneCluster(values, place.label), io);
      },
    );
  }
}

/** Help says in words what an option takes. The types of yargs do not know the setting yet. */
const withoutTypes = (program: Argv): Argv =>
  (program as Argv & { usageConfiguration(given: object): Argv }).usageConfiguration({ 'hide-types': true });

function describeCommand(program: Argv, command: Command, parent: string): Argv {
  const { usage, describe, positionals, options, examples } = command;
  const path = `${parent} ${usage}`.slice(programName.length + 1);
  const flags = Object.keys(options).length === 0 ? '' : ' [options]';
  program.usage(`Usage: $0 ${path}${flags}\n\n${describe}`).version(false);
  for (const [name, option] of Object.entries(positionals))
    program.positional(name, option.yargs as Parameters<Argv['positional']>[1]);
  for (const [name, option] of Object.entries(options)) program.option(name, option.yargs);
  for (const line of examples) program.example(line, '');
  return program;
}
