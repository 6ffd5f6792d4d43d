import { formatNumber } from '../../base/units.ts';
import type { MetricComparison } from './schema.ts';
import type { Size } from './statistics/contrast.ts';

/** `+12.0 %` of 0.12, `-3.1 %` of -0.031, `+0.03 %` of 0.0003. */
export function formatChange(change: number): string {
  const percent = Math.abs(change) * 100;
  const decimals = percent >= 0.005 && percent < 0.095 ? 2 : 1;
  const text = percent >= 99.95 ? formatNumber(Math.round(percent)) : percent.toFixed(decimals);
  return `${change < 0 && Number(text) !== 0 ? '-' : '+'}${text} %`;
}

/** `5 %`, `8.1 %` of 0.05, 0.081. */
export function formatShare(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

/** `2 blocks`, `5 against 4 trials`. */
function formatSize({ kind, base, candidate }: Size): string {
  if (kind === 'paired') return `${base} ${base === 1 ? 'block' : 'blocks'}`;
  return `${base} against ${candidate} ${candidate === 1 ? 'trial' : 'trials'}`;
}

/** Why a metric has the verdict that it has, in one line. */
export function describeVerdict(
  metric: Omit<MetricComparison, 'reason'>,
  problem: string | null,
  size: Size,
): string {
  const { gated, verdict, ratio, significant, detectable, trialsNeeded, margin } = metric;
  if (!gated || margin === null) return problem ?? '';
  const each = size.kind === 'paired' ? 'blocks' : 'trials a side';
  const percent = formatShare(margin.value);
  const change = ratio === null ? '' : formatChange(ratio - 1);
  switch (verdict) {
    case 'INVALID':
      return problem ?? '';
    case 'REGRESSED':
    case 'IMPROVED':
      return `${change}: real, and at least the margin of ${percent}`;
    case 'EQUIVALENT':
      return significant
        ? `${change}: real, and less than the margin of ${percent}`
        : `any difference is less than the margin of ${percent}`;
    case 'INCONCLUSIVE': {
      if (significant) return `${change} is real; whether it reaches the margin of ${percent} is open`;
      const seen = detectable === null ? '' : `could have seen ${formatChange(detectable)}; `;
      if (trialsNeeded === null) return `${seen}more than 1 000 ${each} would be needed`;
      // As many were there: it is not noise that keeps them from telling.
      if (trialsNeeded <= Math.min(size.base, size.candidate))
        return `${seen}too close to the margin of ${percent} to tell`;
      return `${seen}about ${trialsNeeded} ${each} would tell`;
    }
    case null:
      return `${formatSize(size)}: at least ${trialsNeeded ?? '?'} ${each} are needed for a verdict`;
  }
}
