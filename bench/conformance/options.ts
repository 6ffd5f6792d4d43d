import { parseArgs } from 'node:util';

export interface Options {
  readonly only: readonly string[];
  readonly json: string | undefined;
  /** Of the first try; each further one takes the next number. */
  readonly seed: number;
}

export const usage = 'npm run conformance -- [--only row,row] [--json FILE] [--seed N]';

/** @throws Error, with a message for a person, where an option is unknown or has no sense. */
export function readOptions(args: string[], rows: readonly string[]): Options {
  const { values } = parseArgs({
    args,
    options: { only: { type: 'string' }, json: { type: 'string' }, seed: { type: 'string' } },
  });
  const only = values.only?.split(',') ?? rows;
  const unknown = only.find((name) => !rows.includes(name));
  if (unknown !== undefined) throw new Error(`there is no row ${unknown}: --only takes ${rows.join(', ')}`);
  const seed = Number(values.seed ?? 1);
  if (!Number.isInteger(seed) || seed < 0) throw new Error('--seed takes a whole number from 0');
  return { only, json: values.json, seed };
}
