import { cluster } from './cluster.ts';
import type { Command, CommandGroup } from './command.ts';
import { ab, compare } from './comparing.ts';
import { completion } from './completion.ts';
import { doctor } from './doctor.ts';
import { faults } from './faults.ts';
import { groups, lag, offsets } from './groups.ts';
import { run } from './run.ts';
import { init, schema, validate } from './scenario.ts';
import { topics } from './topics.ts';
import { verify } from './verify.ts';

/** In the order in which help lists them. */
export const commands: readonly (Command | CommandGroup)[] = [
  run,
  validate,
  ab,
  compare,
  init,
  schema,
  doctor,
  cluster,
  topics,
  groups,
  lag,
  offsets,
  verify,
  faults,
  completion,
];
