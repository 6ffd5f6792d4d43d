import { z } from 'zod';
import { cluster, security, topics } from './schema/cluster.ts';
import { consumer } from './schema/consumer.ts';
import { expect } from './schema/expect.ts';
import { matrix, search, sweep, trials } from './schema/experiment.ts';
import { faults, pipelines, verify } from './schema/faults.ts';
import { count, duration, flag, list, mapping, positiveDuration, text } from './schema/leaf.ts';
import { producer } from './schema/producer.ts';

const scenarioName = 'a name of letters, digits, ".", "_" and "-": it becomes part of a file name';

const phases = () =>
  mapping({
    warmup: duration().describe('Before the measured phase; not counted. 0s by default.').prefault('0s'),
    measure: positiveDuration().describe('Length of the measured phase; 10s by default.').prefault('10s'),
    drain: duration()
      .describe('At most this long for what is in flight; a limit, not a wait. 30s by default.')
      .prefault('30s'),
  }).describe('Phases of the run.');

/**
 * The whole scenario format, once: validation, the types below and the JSON Schema (its input side) come from
 * it. Output: durations in microseconds, sizes in bytes, rates in messages per second, shares as part of 1.
 */
export const scenarioSchema = mapping({
  name: text(scenarioName)
    .check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, { error: scenarioName }))
    .describe("Name in results; default: the file's name.")
    .exactOptional(),
  description: text().describe('What the scenario shows.').exactOptional(),
  seed: count().describe('Everything random comes from it; default: random, recorded.').exactOptional(),
  cluster: cluster().prefault('auto'),
  security: security().exactOptional(),
  topics: topics().prefault([]),
  producers: list(producer(), 'a list of producers')
    .describe('Groups of identical producer clients.')
    .prefault([]),
  consumers: list(consumer(), 'a list of consumers')
    .describe('Groups of identical consumer clients.')
    .prefault([]),
  pipelines: pipelines().prefault([]),
  phases: phases().prefault({}),
  warmBrokers: flag()
    .describe(
      'Brokers that we start are warmed before anything is measured, with a load of the same shape on a topic of its own (default). false: measured as cold as they are.',
    )
    .exactOptional(),
  faults: faults().prefault([]),
  verify: verify().prefault({}),
  expect: expect().prefault({}),
  trials: trials(),
  matrix: matrix().exactOptional(),
  sweep: sweep().exactOptional(),
  search: search().exactOptional(),
}).transform(({ expect: { gates, ...guarantee }, verify: { audit, order, evidence }, ...rest }) => ({
  ...rest,
  ...guarantee,
  expect: gates,
  verify: {
    audit: audit ?? ('full' as const),
    order: order ?? (guarantee.delivery === 'exactly-once' ? ('partition' as const) : ('none' as const)),
    evidence: evidence ?? true,
  },
}));

/** `expect` holds the gates; what the file says under `expect.delivery` is `delivery` here. */
export type ScenarioOutput = z.output<typeof scenarioSchema>;
/** A loaded scenario: the name is always there. */
export type Scenario = Omit<ScenarioOutput, 'name'> & { name: string };
export type ClusterSpec = Scenario['cluster'];
export type SecuritySpec = NonNullable<Scenario['security']>;
export type TopicSpec = Scenario['topics'][number];
export type ProducerSpec = Scenario['producers'][number];
export type ConsumerSpec = Scenario['consumers'][number];
export type PhasesSpec = Scenario['phases'];
export type { Expectation, Guarantee } from './schema/expect.ts';
