import { BenchError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import { isGroup, nameOf, type Command, type CommandGroup } from './command.ts';

/** Where in the command line something is wrong. */
export interface Place {
  /** `kafka-bench cluster up` */
  readonly path: string;
  /** The innermost that was named; the commands at the top where none was. */
  readonly at: Command | CommandGroup | readonly (Command | CommandGroup)[];
  /** The command line as given. */
  readonly argv: readonly string[];
  /** How the user wrote an option: as such, or by its variable. */
  readonly label: (option: string) => string;
}

/** yargs' words for what is wrong, by a name of ours and what it concerns; {@link usageError} makes sentences of them. */
export const messages = {
  'Unknown argument: %s': { one: 'unknown %s', other: 'unknown %s' },
  'Unknown command: %s': { one: 'unknown %s', other: 'unknown %s' },
  'Not enough non-option arguments: got %s, need at least %s': {
    one: 'too-few %s %s',
    other: 'too-few %s %s',
  },
  'Missing required argument: %s': { one: 'required %s', other: 'required %s' },
  'Not enough arguments following: %s': 'no-value %s',
  'Invalid values:': 'choice',
  'Argument: %s, Given: %s, Choices: %s': '%s: %s is none of %s',
};

/** A command that is to come next. */
export const noCommand = 'no-command';

export function usageError(message: string, place: Place): BenchError {
  // An unknown option takes the word behind it for its value, and what is missing then is not the mistake.
  const options = unknownOptions(place);
  if (options.length > 0) return unknown('option', options, optionsAt(place), place);
  const kind = message.split(/\s/, 1)[0];
  const rest = message.replace(/^\S+\s+/, '');
  switch (kind) {
    case 'unknown': {
      const words = rest.split(', ').map(unquoted);
      const commands = commandsAt(place).map(nameOf);
      if (commands.length > 0) return unknown('command', words.slice(0, 1), commands, place);
      return refused(`too many arguments: ${words.join(' ')}`, usageOf(place));
    }
    case 'too-few':
      return refused('an argument is missing', usageOf(place));
    case noCommand:
      return refused(`${place.path} what?`, `one of ${commandsAt(place).map(nameOf).join(', ')}`);
    case 'required': {
      const names = rest.split(', ').map((name) => `--${name}`);
      return refused(`${names.join(' and ')} must be given`, usageOf(place));
    }
    case 'no-value':
      return refused(`--${rest} has no value`, usageOf(place));
    case 'choice':
      return wrongChoice(rest.split('\n')[0]!.trim(), place);
    default:
      return refused(message, usageOf(place));
  }
}

function unknown(
  kind: 'option' | 'command',
  words: readonly string[],
  known: readonly string[],
  { path }: Place,
): BenchError {
  return refused(
    `unknown ${kind} ${words.join(', ')}`,
    suggestion(words[0]!.replace(/^--no-/, '--'), known) ?? `${path} --help lists them`,
  );
}

function unknownOptions(place: Place): string[] {
  const { argv } = place;
  const end = argv.indexOf('--');
  const known = new Set(optionsAt(place, true));
  return (end < 0 ? argv : argv.slice(0, end))
    .filter((word) => /^--?[a-z]/i.test(word))
    .map((word) => word.replace(/=.*/s, ''))
    .filter((word) => !known.has(word.replace(/^--no-/, '--')));
}

/** What is asked for in another way. */
const elsewhere: Readonly<Record<string, string>> = {
  'cluster external': 'name a cluster that runs already by --bootstrap host:port',
};

function wrongChoice(text: string, place: Place): BenchError {
  const [, name = '', given = '', choices = ''] = /^(\S+): (.+) is none of (.+)$/.exec(text) ?? [];
  const known = choices.split(', ').map(unquoted);
  const near = elsewhere[`${name} ${unquoted(given)}`] ?? suggestion(unquoted(given), known);
  const isArgument = !isList(place.at) && !isGroup(place.at) && name in place.at.positionals;
  return refused(
    `${isArgument ? name : place.label(name)} ${unquoted(given)} is none of ${known.join(', ')}`,
    near ?? usageOf(place),
  );
}

/** yargs takes `--keep=5` for a no. @throws BenchError */
export function refuseFlagValues({ options }: Command, argv: readonly string[]): void {
  for (const word of argv) {
    if (word === '--') return;
    const [, name = '', given = ''] = /^--([^=]+)=(.*)$/s.exec(word) ?? [];
    if (options[name]?.yargs.type === 'boolean' && !['true', 'false'].includes(given))
      throw refused(`--${name} ${given} is neither true nor false`, `--${name} or --no-${name}`);
  }
}

const suggestion = (text: string, known: readonly string[]): string | undefined => {
  const near = nearest(text, known);
  return near === undefined ? undefined : `did you mean ${near}?`;
};

const unquoted = (text: string): string => text.replace(/^"(.*)"$/, '$1');

const isList = (at: Place['at']): at is readonly (Command | CommandGroup)[] => Array.isArray(at);

function commandsAt({ at }: Place): readonly (Command | CommandGroup)[] {
  if (isList(at)) return at;
  return isGroup(at) ? at.commands : [];
}

/** As they are written; hidden ones are known and never proposed. */
function optionsAt({ at }: Place, withHidden = false): string[] {
  if (isList(at)) return ['--help', '-h', '--version', '-V'];
  const own = isGroup(at) ? [] : Object.entries(at.options);
  const shown = own.filter(([, { yargs }]) => withHidden || yargs.hidden !== true);
  return [...shown.map(([name]) => `--${name}`), '--help', '-h'];
}

function usageOf({ path, at }: Place): string {
  const rest = isList(at) || isGroup(at) ? '' : at.usage.slice(nameOf(at).length);
  return `${path}${rest}; ${path} --help says more`;
}

function refused(message: string, hint: string): BenchError {
  return new BenchError('usage', message, { hint });
}
