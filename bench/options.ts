import { parseArgs } from 'node:util';

export interface Options {
  /** Each alternative is measured so often, in turn with the others. */
  readonly rounds: number;
  /** One short round: shows that it works, measures nothing. */
  readonly quick: boolean;
  readonly json: string | undefined;
  readonly only: readonly string[];
}

export const usage =
  'npm run self-bench -- [--rounds N] [--quick] [--only pacing,produce,consume,parts] [--json FILE]';

/** @throws Error, with a message for a person, where an option is unknown or has no sense. */
export function readOptions(args: string[], sections: readonly string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      only: { type: 'string' },
    },
  });
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number from 1');
  const only = values.only?.split(',') ?? sections;
  const unknown = only.find((name) => !sections.includes(name));
  if (unknown !== undefined) throw new Error(`there is no ${unknown}: --only takes ${sections.join(', ')}`);
  return { rounds, quick: values.quick, json: values.json, only };
}
