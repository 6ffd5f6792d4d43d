import { formatDuration, formatNumber, formatRate } from '../base/units.ts';
import { metrics, parseMetric } from '../metrics/metrics.ts';
import { formatChange, formatShare } from '../judge/compare/verdict-text.ts';
import type { Comparison, MetricComparison } from '../judge/compare/schema.ts';

/** What all renderings of a comparison say in the same words. */

/** `12.3 ms`, `5 000/s`, `81.2 MB/s`: as short as a table needs it. */
export function valueText({ metric }: MetricComparison, value: number | null): string {
  if (value === null) return '-';
  const parsed = parseMetric(metric);
  const unit = 'error' in parsed ? 'count' : metrics[parsed.name].unit;
  if (unit === 'duration') return formatDuration(value);
  if (unit === 'bytesPerSecond') return `${formatNumber(value / 1e6)} MB/s`;
  return unit === 'rate' ? formatRate(value) : formatNumber(value);
}

/** The estimate; `*` where the medians beside it went the other way, which signNote says. */
export function changeText(metric: MetricComparison): string {
  if (metric.ratio === null) return '-';
  return `${formatChange(metric.ratio - 1)}${oppositeMedians(metric) === null ? '' : '*'}`;
}

/** Base and candidate are medians, the change is an estimate over all pairs of trials: the two may differ in sign. */
export function signNote(metric: MetricComparison): string | null {
  const medians = oppositeMedians(metric);
  if (medians === null || metric.ratio === null) return null;
  return `* ${metric.metric}: ${formatChange(metric.ratio - 1)} is the estimate over all pairs of trials; the medians differ by ${formatChange(medians)}`;
}

/** The change of the medians where it is shown with another sign than the estimate. */
function oppositeMedians({ base, candidate, ratio }: MetricComparison): number | null {
  if (ratio === null || base.median === null || candidate.median === null || base.median <= 0) return null;
  const medians = candidate.median / base.median - 1;
  const [first = 0, second = 0] = [medians, ratio - 1].map((change) => parseFloat(formatChange(change)));
  return first * second < 0 ? medians : null;
}

/** `+12 … +18 %`; a bound that is not there is `?`. */
export function intervalText({ interval }: MetricComparison): string {
  if (interval === null) return '-';
  const bound = (ratio: number | null) => (ratio === null ? '?' : formatChange(ratio - 1).replace(/ %$/, ''));
  return `${bound(interval.low)} … ${bound(interval.high)} %`;
}

/** `±5 %`. */
export function marginText({ margin }: MetricComparison): string {
  return margin === null ? '-' : `±${formatShare(margin.value)}`;
}

export const verdictText = (verdict: Comparison['verdict']): string => verdict ?? 'no verdict';

export const mockText = 'MOCK: librdkafka’s mock, not Kafka';

/** What the whole verdict means, in half a sentence. */
export function meaning({ verdict, delivery }: Comparison): string {
  switch (verdict) {
    case 'FAILED':
      return 'the candidate broke a promise';
    case 'REGRESSED':
      return 'the candidate is worse';
    case 'IMPROVED':
      return 'the candidate is better, and worse in nothing that gates';
    case 'EQUIVALENT':
      return 'no difference that matters';
    case 'INCONCLUSIVE':
      return 'a difference can neither be shown nor excluded';
    case 'INVALID':
      return 'there is no sound comparison';
    case null:
      return delivery.gate === 'PASS'
        ? 'delivery holds; performance was not judged'
        : 'performance was not judged';
  }
}

/** `base  results/base  8 trials  latency  local Kafka 4.3.0, 3 brokers`, in cells. */
export function sideCells({ label, trials, scenario, cluster }: Comparison['base']): string[] {
  const version = cluster.version === null ? '' : ` Kafka ${cluster.version}`;
  const brokers = cluster.brokers === 1 ? '1 broker' : `${cluster.brokers} brokers`;
  return [
    label,
    trials === 1 ? '1 trial' : `${formatNumber(trials)} trials`,
    `${scenario.name} on ${cluster.kind}${version}, ${brokers}${addressesText(cluster.addresses ?? [])}`,
  ];
}

/** ` (kafka-old:9092 and 2 more)`. */
function addressesText([first, ...others]: readonly string[]): string {
  if (first === undefined) return '';
  return ` (${first}${others.length === 0 ? '' : ` and ${others.length} more`})`;
}

/** `PASS 8`, `PASS 7, FAIL 1 (lost: 3)`. */
export function deliveryText({ verdicts, anomalies }: Comparison['delivery']['base']): string {
  const counts = Object.entries(verdicts).map(([verdict, count]) => `${verdict} ${count}`);
  const found = Object.entries(anomalies).map(([kind, count]) => `${kind}: ${formatNumber(count)}`);
  return `${counts.join(', ')}${found.length === 0 ? '' : ` (${found.join(', ')})`}`;
}

/** How the sides were compared, for whoever wants to know what the numbers rest on. */
export function methodText({ design, alpha, strict }: Comparison): string {
  const test = design === 'paired' ? 'exact signed-rank test over blocks' : 'exact rank-sum test';
  return `${test}, alpha ${alpha} over all gates (Holm)${strict ? ', strict' : ''}`;
}
