import { flagsFor } from './comparability.ts';
import type { Comparison, MetricVerdict } from './schema.ts';

type Judged = Pick<Comparison, 'delivery' | 'differences' | 'expectations' | 'metrics' | 'reasons'>;

/** Whether performance may decide anything, and if not, why. */
export type Standing = { readonly gates: true } | { readonly gates: false; readonly why: string };

/**
 * The worst decides, in the order of the exit codes: a broken promise, a regression, what cannot be judged, what
 * could not be told. Without any of these an improvement is one where at least one metric improved.
 */
export function overall(
  { delivery, differences, expectations, metrics }: Omit<Judged, 'reasons'>,
  unfinished: readonly string[],
  performance: Standing,
): Pick<Comparison, 'verdict' | 'reasons'> {
  const failed = [
    ...(delivery.gate === 'FAILED' ? delivery.reasons : []),
    ...expectationTexts(expectations, false),
  ];
  const refused = differences
    .filter(({ standing }) => standing === 'refused')
    .map(
      (each) => `not comparable: ${each.kind} ${each.what}: ${each.base} / ${each.candidate}${remedy(each)}`,
    );
  const invalid = [
    ...unfinished,
    ...(delivery.gate === 'INVALID' ? delivery.reasons : []),
    ...refused,
    ...expectationTexts(expectations, null),
    ...reasonsOf(metrics, 'INVALID'),
  ];
  const untold = metrics.filter(({ gated, verdict }) => gated && verdict === null).map(metricText);
  if (!performance.gates) untold.push(`performance does not gate: ${performance.why}`);
  else if (metrics.every(({ gated }) => !gated)) untold.push('no metric gates');
  const worstFirst: readonly (readonly [Comparison['verdict'], readonly string[]])[] = [
    ['FAILED', failed],
    ['REGRESSED', reasonsOf(metrics, 'REGRESSED')],
    ['INVALID', invalid],
    ['INCONCLUSIVE', reasonsOf(metrics, 'INCONCLUSIVE')],
    [null, untold],
    ['IMPROVED', reasonsOf(metrics, 'IMPROVED')],
    ['EQUIVALENT', reasonsOf(metrics, 'EQUIVALENT')],
  ];
  const decisive = worstFirst.find(([, reasons]) => reasons.length > 0);
  const isInvalid = decisive?.[0] === 'INVALID' || refused.length > 0;
  return {
    verdict: decisive?.[0] ?? null,
    // That no metric gates goes without saying where nothing could be compared.
    reasons: worstFirst.flatMap(([verdict, reasons]) => (verdict === null && isInvalid ? [] : reasons)),
  };
}

/** A side that differs from itself, and a mock beside Kafka, nobody can allow. */
function remedy({ kind, base, candidate }: Comparison['differences'][number]): string {
  const mixed = [base, candidate].some((each) => each.includes(' | '));
  const mock = kind === 'cluster' && [base, candidate].some((each) => each.split(' | ').includes('mock'));
  return mixed || mock ? '' : ` (allowed by ${flagsFor([kind])})`;
}

function reasonsOf(metrics: Comparison['metrics'], verdict: MetricVerdict): string[] {
  return metrics.filter((each) => each.verdict === verdict).map(metricText);
}

const metricText = ({ metric, verdict, reason }: Comparison['metrics'][number]): string =>
  `${metric} ${verdict ?? 'without a verdict'}: ${reason}`;

/** A gate once, however many runs broke it: `expect throughput >= 9000/s: FAILED in a.json and 7 more`. */
function expectationTexts(expectations: Judged['expectations'], outcome: false | null): string[] {
  const gates = new Map<string, Judged['expectations'][number][]>();
  for (const each of expectations.filter(({ ok }) => ok === outcome)) {
    const gate = `${each.metric} ${each.bound}`;
    gates.set(gate, [...(gates.get(gate) ?? []), each]);
  }
  return [...gates].map(([gate, [first, ...others]]) => {
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    const why = first?.reason === undefined ? '' : ` (${first.reason})`;
    return `expect ${gate}: ${outcome === null ? 'not judged' : 'FAILED'} in ${first?.trial ?? ''}${more}${why}`;
  });
}
