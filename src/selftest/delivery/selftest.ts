import { messageOf } from '../../base/errors.ts';
import { seededRandom } from '../../base/random.ts';
import type { AnomalyKind } from '../../judge/delivery/anomalies.ts';
import type { Witness } from '../../protocol/evidence/findings.ts';
import type { DeliveryVerdict } from '../../judge/delivery/verdict.ts';
import { backlogMutations } from './backlog-mutations.ts';
import { compactionMutations } from './compaction-mutations.ts';
import { controls } from './controls.ts';
import { deadLetterMutations } from './dead-letter-mutations.ts';
import { groupMutations } from './group-mutations.ts';
import { logMutations } from './log-mutations.ts';
import { messageId, placeId, type Expectation, type Mutation } from './mutation.ts';
import { referenceCheck, type ReferenceResult } from './reference.ts';
import { replay, type Way } from './replay.ts';
import { sentMutations } from './sent-mutations.ts';
import { sharedMutations } from './shared-mutations.ts';
import { tailMutations } from './tail-mutations.ts';
import { legalTrace } from './trace.ts';

export const mutations: readonly Mutation[] = [
  ...logMutations,
  ...groupMutations,
  ...deadLetterMutations,
  ...backlogMutations,
  ...tailMutations,
  ...sentMutations,
  ...sharedMutations,
  ...compactionMutations,
  ...controls,
];

export interface SelftestOptions {
  readonly seed: number;
  /** Mutated traces a kind of mutation. */
  readonly tracesPerMutation?: number;
  /** Random traces that are compared with the reference. */
  readonly randomTraces?: number;
  readonly disabled?: readonly AnomalyKind[];
}

export interface MutationResult {
  readonly name: string;
  readonly plants: Mutation['plants'];
  readonly traces: number;
  /** Traces in which exactly what was planted was found: ids and counts. */
  readonly found: number;
  /** Traces in which something was found that had not been planted. */
  readonly falsePositives: number;
  /** The first difference, for a person. */
  readonly problem: string | null;
}

export interface SelftestResult {
  readonly seed: number;
  readonly mutations: readonly MutationResult[];
  readonly random: { readonly traces: number; readonly equal: number; readonly problem: string | null };
  readonly recall: number;
  readonly falsePositives: number;
  readonly ok: boolean;
}

/**
 * The verifier against planted anomalies and against a slow reference. Recall is over the mutations that plant
 * something; a false positive is anything found beside it, in controls anything at all.
 */
export function selftest(options: SelftestOptions): SelftestResult {
  const { seed, tracesPerMutation = 100, randomTraces = 10_000, disabled = [] } = options;
  const results = mutations.map((mutation) => runMutation(mutation, seed, tracesPerMutation, disabled));
  const random = compareRandom(seed, randomTraces, disabled);
  const planted = results.filter(({ plants }) => plants !== 'none');
  const sum = (of: readonly MutationResult[], field: 'traces' | 'found' | 'falsePositives') =>
    of.reduce((total, each) => total + each[field], 0);
  const falsePositives = sum(results, 'falsePositives');
  return {
    seed,
    mutations: results,
    random,
    recall: sum(planted, 'found') / sum(planted, 'traces'),
    falsePositives,
    ok:
      results.every(({ traces, found }) => traces > 0 && found === traces) && random.equal === random.traces,
  };
}

function runMutation(
  mutation: Mutation,
  seed: number,
  wanted: number,
  disabled: readonly AnomalyKind[],
): MutationResult {
  const random = seededRandom(seed, mutation.name);
  let traces = 0;
  let found = 0;
  let falsePositives = 0;
  let problem: string | null = null;
  // Not every trace can be mutated in every way.
  for (let tries = 0; traces < wanted && tries < wanted * 20; tries++) {
    const trace = legalTrace(random);
    const expected = mutation.apply(trace, random);
    if (expected === null) continue;
    traces++;
    const difference = attempt(() => compare(expected, replay(trace, wayOf(traces), disabled)));
    if (difference === null) found++;
    else {
      problem ??= difference.text;
      if (difference.surplus) falsePositives++;
    }
  }
  return { name: mutation.name, plants: mutation.plants, traces, found, falsePositives, problem };
}

/** What is found may not depend on the way. */
const wayOf = (trace: number): Way => (trace % 4 === 0 ? 'evidence' : 'direct');

interface Difference {
  readonly text: string;
  /** Something was found that is not there. */
  readonly surplus: boolean;
}

/** An identity that does not hold throws: that is a difference too. */
function attempt(check: () => Difference | null): Difference | null {
  try {
    return check();
  } catch (error) {
    return { text: messageOf(error), surplus: false };
  }
}

function compare(expected: Expectation, verdict: DeliveryVerdict): Difference | null {
  const kinds = new Set([
    ...Object.keys(expected.anomalies),
    ...Object.keys(verdict.anomalies),
  ]) as Set<AnomalyKind>;
  const differences: Difference[] = [];
  const differ = (text: string, surplus: boolean) => differences.push({ text, surplus });
  for (const kind of kinds) {
    const [planted, found] = [expected.anomalies[kind] ?? 0, verdict.anomalies[kind] ?? 0];
    if (planted !== found) differ(`${kind}: planted ${planted}, found ${found}`, found > planted);
  }
  const unaudited = expected.unaudited ?? 0;
  if (verdict.unaudited !== unaudited) {
    differ(`unaudited: planted ${unaudited}, found ${verdict.unaudited}`, verdict.unaudited! > unaudited);
  }
  const sent = expected.sentUnaudited ?? 0;
  if (verdict.sentUnaudited !== sent) {
    differ(`sent, unaudited: planted ${sent}, found ${verdict.sentUnaudited}`, verdict.sentUnaudited! > sent);
  }
  const compacted = expected.compacted ?? 0;
  if (verdict.compacted !== compacted) {
    differ(`compacted: planted ${compacted}, found ${verdict.compacted}`, verdict.compacted! > compacted);
  }
  for (const [kind, ids] of Object.entries(expected.ids ?? {})) {
    const named = verdict.witnesses.filter((witness) => witness.kind === kind);
    const missing = ids.filter((id) => !named.some((witness) => idsOf(witness).includes(id)));
    const others = named.filter((witness) => !idsOf(witness).some((id) => ids.includes(id)));
    if (missing.length > 0) differ(`${kind}: ${missing.join(', ')} not named`, false);
    if (others.length > 0) differ(`${kind}: ${idsOf(others[0]!).join(' at ')} named`, true);
  }
  if (expected.verdict !== verdict.verdict) {
    differ(`verdict ${verdict.verdict} instead of ${expected.verdict}`, expected.verdict === 'PASS');
  }
  if (differences.length === 0) return null;
  return {
    text: differences.map(({ text }) => text).join('; '),
    surplus: differences.some(({ surplus }) => surplus),
  };
}

/** A witness names a message, a place or both. */
function idsOf({ producer, incarnation, sequence, place }: Witness): string[] {
  const ids: string[] = [];
  if (producer !== undefined) ids.push(messageId({ producer, incarnation: incarnation! }, sequence!));
  if (place !== undefined) ids.push(placeId(place.partition, place.offset));
  return ids;
}

/** Legal traces with up to three mutations on top of each other, whatever that makes of them. */
function compareRandom(
  seed: number,
  traces: number,
  disabled: readonly AnomalyKind[],
): SelftestResult['random'] {
  const random = seededRandom(seed, 'random traces');
  let equal = 0;
  let problem: string | null = null;
  for (let i = 0; i < traces; i++) {
    const trace = legalTrace(random);
    const names: string[] = [];
    for (let count = random.below(4); count > 0; count--) {
      const mutation = mutations[random.below(mutations.length)]!;
      if (trace.producers.length > 0 && mutation.apply(trace, random) !== null) names.push(mutation.name);
    }
    const difference = attempt(() => {
      const expected = summaryOf(referenceCheck(trace));
      const found = summaryOf(withIds(replay(trace, wayOf(i), disabled)));
      return expected === found
        ? null
        : { text: `reference ${expected}\nverifier  ${found}`, surplus: false };
    });
    if (difference === null) equal++;
    else problem ??= `trace ${i} (${names.join(' + ') || 'legal'}): ${difference.text}`;
  }
  return { traces, equal, problem };
}

type Summary = ReferenceResult;

function withIds(verdict: DeliveryVerdict): Summary {
  const lostIds = verdict.witnesses
    .filter(({ kind }) => kind === 'lost')
    .map(({ producer, incarnation, sequence }) =>
      messageId({ producer: producer!, incarnation: incarnation! }, sequence!),
    )
    .sort();
  const { present, compacted, lost, absent, sentUnaudited, unaudited } = verdict;
  const groups = verdict.groups.map((group) => ({
    ...group,
    expected: group.expected!,
    undelivered: group.undelivered!,
  }));
  return {
    ...verdict,
    present: present!,
    compacted: compacted!,
    lost: lost!,
    absent: absent!,
    sentUnaudited: sentUnaudited!,
    unaudited: unaudited!,
    lostIds,
    groups,
  };
}

const summed = [
  ...(['attempted', 'acked', 'sent', 'rejected', 'indeterminate', 'present', 'compacted'] as const),
  ...(['lost', 'absent', 'sentUnaudited', 'unaudited', 'foreign'] as const),
];

/** One line with everything that must be equal. */
function summaryOf(result: Summary): string {
  const anomalies = Object.entries(result.anomalies)
    .map(([kind, count]) => `${kind} ${count}`)
    .sort();
  const groups = result.groups.map((group) =>
    [
      ...[group.name, group.expected, group.processed, group.undelivered, group.undecided],
      ...[group.deadLettered, group.excused],
    ].join(' '),
  );
  const numbers = summed.map((name) => `${name} ${result[name]}`);
  return JSON.stringify([numbers, anomalies, result.lostIds, groups]);
}
