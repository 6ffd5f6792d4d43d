import { gateableBeyond, isPercentile, percentiles } from '../../metrics/metrics.ts';
import { touches } from '../gates/validity.ts';
import { readMetric } from '../gates/metric-value.ts';
import type { MeasuredValue } from '../gates/measured-value.ts';
import type { RatioMetric } from './gates.ts';
import type { Sample } from './sample.ts';

/** A metric of one trial, in its registry's unit and above 0; or why that trial says nothing of it. */
export type Reading = { readonly value: number } | { readonly excluded: Exclusion };

export interface Exclusion {
  readonly code: string;
  readonly message: string;
}

/** @param gated a percentile that gates needs 100 samples beyond it, one that informs 10 */
export function readSample(metric: RatioMetric, { run, trial }: Sample, gated: boolean): Reading {
  const { outcome } = run;
  if (outcome.state !== 'completed')
    return excluded(outcome.state, `the run was ${outcome.state} in ${outcome.phase}: ${outcome.reason}`);
  const invalid = trial.validity.reasons.find(
    (reason) => reason.severity === 'invalid' && touches(reason, metric.metric),
  );
  if (invalid) return excluded(invalid.code, invalid.message);
  const measured = readMetric(metric, trial);
  const { value, between, reason } = measured;
  if (value === null) return excluded('unmeasured', reason ?? 'not measured');
  if (between !== undefined) return excluded('partial', reason ?? 'known in part');
  if (!(value > 0)) return excluded('no-ratio', `${value} has no ratio to anything`);
  const beyond = gated ? samplesBeyond(metric, measured) : Infinity;
  if (beyond < gateableBeyond) {
    const message = `${beyond} samples lie beyond it, ${gateableBeyond} are needed to gate`;
    return excluded('short-tail', message);
  }
  return { value };
}

const excluded = (code: string, message: string): Reading => ({ excluded: { code, message } });

function samplesBeyond({ statistic }: RatioMetric, { histogram }: MeasuredValue): number {
  if (!histogram || statistic === null || !isPercentile(statistic)) return Infinity;
  const { count } = histogram;
  // As Histogram.beyond, by nearest rank, without decoding every histogram of every trial for it.
  return count - Math.ceil(percentiles[statistic] * count * (1 - 1e-14));
}
