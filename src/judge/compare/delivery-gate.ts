import { formatNumber } from '../../base/units.ts';
import type { Sample } from './sample.ts';
import type { Comparison } from './schema.ts';

export type DeliveryGate = Comparison['delivery'];

/**
 * Every trial of both sides, before any latency: a candidate that breaks its promise has failed, however fast; of a
 * base that did so nothing can be said; and what could not be checked is not sound either.
 *
 * @param verificationDiffers the sides may be verified differently: their scenarios are what is compared
 */
export function deliveryGate(
  base: readonly Sample[],
  candidate: readonly Sample[],
  verificationDiffers: boolean,
): DeliveryGate {
  const sides = { base: sideOf(base), candidate: sideOf(candidate) };
  const broken = ['FAIL', 'HANG'];
  const unsound = ['UNKNOWN', 'VACUOUS'];
  const failed = told('candidate', candidate, broken);
  if (failed.length > 0) return { gate: 'FAILED', reasons: failed, ...sides };
  const invalid = [
    ...told('base', base, broken),
    ...told('candidate', candidate, unsound),
    ...told('base', base, unsound),
  ];
  if (invalid.length > 0) return { gate: 'INVALID', reasons: invalid, ...sides };
  const unchecked = told('candidate', candidate, ['NONE']);
  if (unchecked.length === 0) return { gate: 'PASS', reasons: [], ...sides };
  const baseWasChecked = (sides.base.verdicts['PASS'] ?? 0) > 0;
  const mustBeChecked = baseWasChecked && !verificationDiffers;
  return { gate: mustBeChecked ? 'INVALID' : 'NOT CHECKED', reasons: unchecked, ...sides };
}

/** `delivery FAIL in 1 of 8 trials of the candidate: lost: 3`. */
function told(side: string, samples: readonly Sample[], verdicts: readonly string[]): string[] {
  return verdicts.flatMap((verdict) => {
    const found = samples.filter(({ trial }) => trial.delivery.verdict === verdict);
    if (found.length === 0) return [];
    const of = samples.length === 1 ? '' : ` in ${found.length} of ${samples.length} trials`;
    const why = found.find(({ trial }) => trial.delivery.reasons.length > 0)?.trial.delivery.reasons ?? [];
    const first =
      why.length === 0 ? '' : `: ${why[0]!.replace(/(?<=: )\d+$/, (n) => formatNumber(Number(n)))}`;
    return [`delivery ${verdict === 'NONE' ? 'not checked' : verdict}${of} of the ${side}${first}`];
  });
}

function sideOf(samples: readonly Sample[]): DeliveryGate['base'] {
  const verdicts: Record<string, number> = {};
  const anomalies: Record<string, number> = {};
  for (const { trial } of samples) {
    verdicts[trial.delivery.verdict] = (verdicts[trial.delivery.verdict] ?? 0) + 1;
    for (const [kind, count] of Object.entries(trial.delivery.anomalies))
      anomalies[kind] = (anomalies[kind] ?? 0) + count;
  }
  return { verdicts, anomalies };
}
