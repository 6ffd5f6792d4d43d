import type { DifferenceKind } from '../../base/choices.ts';
import { formatNumber } from '../../base/units.ts';
import type { Sample } from './sample.ts';
import { scenarioDifferences } from './scenario-difference.ts';
import type { Difference } from './schema.ts';

export interface Allowances {
  /** Kinds of difference that are what is compared. */
  readonly subject: readonly DifferenceKind[];
  /** Other versions and machines are accepted as noise, and performance gates all the same. */
  readonly allowEnvironmentDifferences: boolean;
}

type Fact = (sample: Sample) => string;

/** What has to agree between two results, as texts that a person can read. */
const facts: readonly (readonly [kind: DifferenceKind, what: string, fact: Fact])[] = [
  ['cluster', 'kind', ({ run }) => run.cluster.kind],
  ['cluster', 'brokers', ({ run }) => String(run.cluster.brokers.length)],
  ['cluster', 'durability', durability],
  ['cluster', 'brokers when measured', warmth],
  ['ack-source', 'acknowledgements', ({ trial }) => sources(trial.producers.map((each) => each.ackSource))],
  ['ack-source', 'receipts', ({ trial }) => sources(trial.consumers.map((each) => each.receiveSource))],
  ['versions', 'Kafka', ({ run }) => run.cluster.version ?? 'unknown'],
  ['versions', 'librdkafka', ({ run }) => run.environment.librdkafka ?? 'unknown'],
  ['versions', 'features', ({ run }) => sources(run.environment.features)],
  ['versions', 'kafka-javascript', ({ run }) => run.environment.kafkaJavascript],
  ['versions', 'Node', ({ run }) => run.environment.node],
  ['versions', 'kafka-bench', ({ run }) => run.tool.version],
  ['versions', 'result format', ({ run }) => `${run.schemaVersion}: ${throughputOf(run.schemaVersion)}`],
  ['machine', 'processor', ({ run }) => run.environment.cpu],
  ['machine', 'cores', ({ run }) => String(run.environment.cores)],
  ['machine', 'memory', ({ run }) => memory(run.environment.memory)],
  ['machine', 'kernel', ({ run }) => run.environment.kernel],
];

/** Everything that differs between the sides, or among the trials of one, and what follows from it. */
export function differencesOf(
  base: readonly Sample[],
  candidate: readonly Sample[],
  allowances: Allowances,
): Difference[] {
  const compared = [
    ...scenarioFacts([...base, ...candidate]),
    ...facts.map(([kind, what, fact]) => ({ kind, what, fact })),
  ];
  return compared.flatMap(({ kind, what, fact }) => {
    const [first, second] = [base.map(fact), candidate.map(fact)];
    const all = new Set([...first, ...second]);
    if (all.size <= 1) return [];
    const isMixed = new Set(first).size > 1 || new Set(second).size > 1;
    const neverMeet = kind === 'cluster' && all.has('mock');
    const standing =
      isMixed || neverMeet ? standingOf(kind, { ...allowances, subject: [] }) : standingOf(kind, allowances);
    return [{ kind, what, base: listed(first), candidate: listed(second), standing }];
  });
}

/** What the command line says so that these kinds are accepted. */
export function flagsFor(kinds: readonly DifferenceKind[]): string {
  const environment = kinds.every((kind) => kind === 'versions' || kind === 'machine');
  const subject = `--subject ${[...new Set(kinds)].join(',')}`;
  return environment
    ? `${subject} where it is what you compare, --allow-env-diff where it is noise`
    : subject;
}

/** Nobody can call it the subject where one side differs from itself, nor where a mock is to stand for Kafka. */
function standingOf(
  kind: DifferenceKind,
  { subject, allowEnvironmentDifferences }: Allowances,
): Difference['standing'] {
  if (subject.includes(kind)) return 'subject';
  const isEnvironment = kind === 'versions' || kind === 'machine';
  if (isEnvironment && allowEnvironmentDifferences) return 'allowed';
  // What a broken promise is does not depend on them: performance alone does.
  return isEnvironment ? 'informs' : 'refused';
}

/** One fact for each place where a scenario differs from the first one. */
function scenarioFacts(samples: readonly Sample[]): { kind: 'scenario'; what: string; fact: Fact }[] {
  const first = samples[0]?.run.scenario;
  const bySha = new Map(samples.map(({ run }) => [run.scenario.sha256, run.scenario.resolved]));
  if (!first || bySha.size <= 1) return [];
  const differing = new Map(
    [...bySha].map(([sha, resolved]) => [sha, scenarioDifferences(first.resolved, resolved)]),
  );
  const reference = new Map([...differing.values()].flat().map(({ path, base }) => [path, base]));
  return [...reference].map(([what, base]) => ({
    kind: 'scenario',
    what,
    fact: ({ run }) =>
      differing.get(run.scenario.sha256)?.find(({ path }) => path === what)?.candidate ?? base,
  }));
}

/** Topics have a name of their own in every trial: what they are like is compared. */
function durability({ run }: Sample): string {
  const topics = run.cluster.durability.map(
    ({ partitions, replicationFactor, minInSyncReplicas, uncleanLeaderElection }) =>
      [
        `${partitions} partitions`,
        ...(replicationFactor === null ? [] : [`replicated ${replicationFactor} times`]),
        ...(minInSyncReplicas === null ? [] : [`min.insync.replicas ${minInSyncReplicas}`]),
        ...(uncleanLeaderElection ? ['unclean election'] : []),
      ].join(' '),
  );
  return topics.length === 0 ? 'unknown' : topics.join('; ');
}

/** A broker that has just been started takes several times as long. */
function warmth({ run, trial }: Sample): string {
  const isOurs = run.cluster.kind === 'local' || run.cluster.kind === 'compose';
  switch (trial.brokerWarmup?.state) {
    case 'warmed':
      // Whether they had settled is a doubt of the run's own, as on any noisy machine; without load they are cold.
      return trial.brokerWarmup.windows.some((each) => each !== null) ? 'warmed' : 'not warmed';
    case 'remembered':
      return 'warmed';
    case 'off':
    case 'failed':
      return 'not warmed';
    case 'not-ours':
      return 'as found';
    case undefined:
      return isOurs ? 'unknown' : 'as found';
  }
}

/** What `throughput` and `bytesPerSecond` are in results of this format. */
const throughputOf = (version: string): string =>
  version === '1.0'
    ? 'throughput is of messages due in the phase, over the time until the last of them'
    : 'throughput is of messages acknowledged in the phase, over its length';

// The kernel keeps a little more or less for itself from boot to boot.
const memory = (bytes: number): string => `${formatNumber(Math.round(bytes / 2 ** 30))} GiB`;

const sources = (names: readonly string[]): string => [...new Set(names)].sort().join(', ') || 'none';

const listed = (values: readonly string[]): string => [...new Set(values)].join(' | ');
