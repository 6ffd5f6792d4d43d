import { z } from 'zod';
import { count, micros } from './measures.ts';

const seconds = z.number().describe('seconds from the start of the measured phase');
const list = <T extends z.ZodType>(of: T) => z.array(of).readonly();

const partition = z.object({
  topic: z.string(),
  partition: count,
  detected: micros
    .nullable()
    .describe(
      'from the fault to the first change of its leader or in-sync replicas that was seen, half a second late at most',
    ),
  unavailable: micros
    .nullable()
    .describe(
      'longest time between two acknowledgements that overlaps the fault; null where nothing was acknowledged at all or acks=0',
    ),
  leaders: list(z.object({ at: seconds, from: z.int().describe('broker id, −1 without one'), to: z.int() })),
  isrShrunk: seconds.nullable().describe('when its in-sync replicas were first fewer'),
  isrFull: seconds.nullable().describe('when they were all in sync again; null while they were not'),
});

/** One fault, planned or observed, and what it did. */
export const fault = z.object({
  id: z.string(),
  source: z.enum(['planned', 'observed']).describe('observed: nobody planned it'),
  action: z.string(),
  target: z.string().describe('as the scenario has it'),
  resolved: list(z.string()).describe('brokers that it hit'),
  planned: seconds.nullable(),
  started: seconds.nullable().describe('when it was asked for'),
  injected: seconds.nullable().describe('when it was in place'),
  healing: seconds.nullable(),
  ended: seconds.nullable().describe('null: it lasted to the end of the run'),
  effective: z.boolean().nullable().describe('whether what must follow was seen; null: never tried'),
  observed: z.string().describe('what was seen of it'),
  notes: list(z.string()),
  partitions: list(partition).describe('of the topics that the run sends to'),
  recovered: micros
    .nullable()
    .describe(
      'from its end to the first of 5 seconds in which the rate was at least 95 % and p99 at most twice of what they were before any fault; null where they never were, or nothing was before',
    ),
  drained: micros
    .nullable()
    .describe(
      'from its end until consumers had received as much as had been acknowledged; null without consumers',
    ),
});
