import { median } from '../../measure/drift.ts';
import type { RaisedGate } from './gates.ts';
import { contrastOf, exclusionsOf, valuesOf, type MetricData } from './metric-data.ts';
import { evidenceOf, foresight, verdictOf, type Criteria, type Evidence } from './metric-verdict.ts';
import type { MetricComparison } from './schema.ts';
import { sizeOf, type Size } from './statistics/contrast.ts';
import { holm } from './statistics/holm.ts';
import { canDecide, minimumTrials } from './statistics/power.ts';
import { describeVerdict } from './verdict-text.ts';

export interface GatedData {
  readonly data: MetricData;
  /** Null: it is shown, and decides nothing. */
  readonly gate: RaisedGate | null;
}

export interface Rules {
  readonly alpha: number;
  readonly strict: boolean;
}

/** Above this share of excluded trials what is left is a selection: the slow ones tend to be invalid first. */
const mostExcluded = 1 / 3;

/** Judges all metrics together: those that gate are one family (Holm). In the order given. */
export function judgeMetrics(all: readonly GatedData[], rules: Rules): MetricComparison[] {
  const prepared = all.map(prepare);
  const judged = prepared.filter(({ gate, problem }) => gate !== null && problem === null);
  const family = { alpha: rules.alpha, family: Math.max(1, judged.length) };
  const tested = judged.filter(({ contrast }) => canDecide(sizeOf(contrast), family));
  const evidence = new Map(
    prepared
      .filter(({ contrast }) => hasBothSides(sizeOf(contrast)))
      .map((each) => [each, evidenceOf(each.contrast, Math.log1p(each.gate?.margin ?? 0), rules.alpha)]),
  );
  const adjusted = holm(tested.map((each) => evidence.get(each)!.p));
  return prepared.map((each) => {
    const p = adjusted[tested.indexOf(each)] ?? null;
    return describe(each, evidence.get(each) ?? null, p, { ...rules, ...family });
  });
}

interface Prepared extends GatedData {
  readonly contrast: ReturnType<typeof contrastOf>;
  readonly excluded: MetricComparison['excluded'];
  /** Why it cannot be judged, however many trials there were. */
  readonly problem: string | null;
}

function prepare({ data, gate }: GatedData): Prepared {
  const contrast = contrastOf(data);
  const excluded = exclusionsOf(data);
  return { data, gate, contrast, excluded, problem: problemOf(data, contrast, excluded) };
}

function problemOf(
  { paired, base, candidate }: MetricData,
  contrast: Prepared['contrast'],
  excluded: Prepared['excluded'],
): string | null {
  const left = sizeOf(contrast);
  const sides = paired
    ? [{ what: 'blocks', of: base.length, left: left.base }]
    : [
        { what: 'trials of the base', of: base.length, left: left.base },
        { what: 'trials of the candidate', of: candidate.length, left: left.candidate },
      ];
  const worst = sides.find((side) => side.left === 0 || (side.of - side.left) / side.of > mostExcluded);
  if (!worst) return null;
  const [first] = excluded;
  const why = first ? ` (${first.code}: ${first.message})` : '';
  return `${worst.of - worst.left} of ${worst.of} ${worst.what} are excluded${why}`;
}

const hasBothSides = ({ base, candidate }: { base: number; candidate: number }): boolean =>
  base > 0 && candidate > 0;

function describe(
  { data, gate, contrast, excluded, problem }: Prepared,
  evidence: Evidence | null,
  adjustedP: number | null,
  rules: Rules & { readonly family: number },
): MetricComparison {
  const { metric, better } = data.metric;
  const size = sizeOf(contrast);
  const invalid = problem ?? (adjustedP === null ? tooFewLeft(data, excluded, size, rules) : null);
  const criteria: Criteria = { ...rules, margin: Math.log1p(gate?.margin ?? 0) };
  const ahead =
    gate && evidence && adjustedP !== null
      ? foresight(evidence, criteria)
      : { detectable: null, trialsNeeded: gate ? minimumTrials(size.kind, rules) : null };
  const verdict = !gate
    ? null
    : invalid !== null
      ? ('INVALID' as const)
      : evidence === null || adjustedP === null
        ? null
        : verdictOf(evidence, adjustedP, criteria);
  const side = (readings: MetricData['base'], used: number) => {
    const values = valuesOf(readings);
    const known = values.filter((each) => each !== null);
    return { values, median: known.length === 0 ? null : median(known), used };
  };
  const described = {
    metric,
    better,
    gated: gate !== null,
    base: side(data.base, size.base),
    candidate: side(data.candidate, size.candidate),
    excluded,
    ratio: evidence && ratioOf(better, evidence.shift),
    interval: evidence && ratioInterval(better, evidence.interval),
    p: evidence?.p ?? null,
    adjustedP,
    equivalenceP: gate && evidence ? evidence.equivalenceP : null,
    margin: gate && { value: gate.margin, asked: gate.asked, raised: gate.margin > gate.asked },
    verdict,
    significant: adjustedP !== null && adjustedP <= rules.alpha,
    detectable: ahead.detectable === null ? null : ratioOf(better, ahead.detectable) - 1,
    trialsNeeded: ahead.trialsNeeded,
  };
  return { ...described, reason: describeVerdict(described, invalid, size) };
}

/** There were enough trials, and too many of them are excluded. */
function tooFewLeft(
  { paired, base, candidate }: MetricData,
  excluded: Prepared['excluded'],
  left: Size,
  family: { readonly alpha: number; readonly family: number },
): string | null {
  const kind = paired ? 'paired' : 'unpaired';
  const [first] = excluded;
  if (!first || !canDecide({ kind, base: base.length, candidate: candidate.length }, family)) return null;
  const least = minimumTrials(kind, family);
  const what = paired ? `${left.base} blocks` : `${left.base} against ${left.candidate} trials`;
  return `${what} are left of the ${least} that a verdict needs (${first.code}: ${first.message})`;
}

const ratioOf = (better: MetricComparison['better'], shift: number): number =>
  Math.exp(better === 'lower' ? shift : -shift);

/** Of too few trials there is none. */
function ratioInterval(
  better: MetricComparison['better'],
  { low, high, confidence }: Evidence['interval'],
): MetricComparison['interval'] {
  if (confidence === 1) return null;
  const [from, to] = better === 'lower' ? [low, high] : [high, low];
  return { low: ratioOf(better, from), high: ratioOf(better, to), confidence };
}
