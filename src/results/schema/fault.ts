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
      'longest time between two acknowledgements that overlaps the fault; null where nothing was acknowledged at all, at acks=0, and where a client of the topic was killed before it could tell',
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
  partitions: list(partition).describe('that acknowledged something, or changed because of it'),
  watched: micros
    .nullable()
    .describe(
      'from its end to the end of the first producer, the time in which recovery could be seen; null where it did not end or had no effect, and where there is nothing to compare with: fewer than 3 whole seconds before any fault, or a load that is meant to change',
    ),
  recovered: micros
    .nullable()
    .describe(
      'from its end to the first second that was good, and good together with the 4 after it: rate at least 95 % and nearest-rank p99 (of ack, serviceAck in a closed loop) at most twice the median of 5 s before any fault; null with watched of 5 s or more: never',
    ),
  drained: micros
    .nullable()
    .describe(
      'from its end to the end of the last second in which a message was received that had been due for longer than usual (1 s, or twice the usual maximum) while the backlog lasted; null where consumers see no due times, and where they did not receive everything that was sent after',
    ),
});
