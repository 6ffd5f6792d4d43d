import type { ExitCode } from '../../base/exit-codes.ts';
import type { Io } from '../io.ts';
import type { OptionSet, Values } from './option.ts';

/**
 * A command of the command line: what its help says and which function it calls. It imports that function when it
 * runs, so that `--help` and completion load nothing else.
 */
export interface Command {
  /** Its name and its arguments: `run <file..>`. */
  readonly usage: string;
  readonly describe: string;
  readonly positionals: OptionSet;
  readonly options: OptionSet;
  readonly examples: readonly string[];
  /** Whether its examples ask a cluster that is up. */
  readonly needsCluster: boolean;
  readonly run: (values: Readonly<Record<string, unknown>>, io: Io) => Promise<ExitCode>;
}

/** Commands below a word: `topics list`. */
export interface CommandGroup {
  readonly usage: string;
  readonly describe: string;
  readonly commands: readonly Command[];
}

// What a command without options is given has no keys.
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type
type NoOptions = Record<never, never>;

export function command<P extends OptionSet = NoOptions, O extends OptionSet = NoOptions>(given: {
  readonly usage: string;
  readonly describe: string;
  readonly positionals?: P;
  readonly options?: O;
  /** Lines that work as pasted into a shell in a checkout, one after the other; at most 76 characters each. */
  readonly examples: readonly string[];
  readonly needsCluster?: boolean;
  readonly run: (values: Values<P> & Values<O>, io: Io) => Promise<ExitCode>;
}): Command {
  return {
    positionals: {},
    options: {},
    needsCluster: false,
    ...given,
    // The values are read by these very options.
    run: given.run as Command['run'],
  };
}

export const nameOf = ({ usage }: Command | CommandGroup): string => usage.split(' ', 1)[0]!;

export const isGroup = (each: Command | CommandGroup): each is CommandGroup => 'commands' in each;

/** By the words that name them: `cluster up`. */
export function everyCommand(commands: readonly (Command | CommandGroup)[]): [string, Command][] {
  return commands.flatMap((each): [string, Command][] =>
    isGroup(each)
      ? each.commands.map((inner) => [`${nameOf(each)} ${nameOf(inner)}`, inner])
      : [[nameOf(each), each]],
  );
}
