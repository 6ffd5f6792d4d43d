import { metrics, parseMetric } from '../metrics/metrics.ts';
import { formatBytesPerSecond, formatDuration, formatNumber, formatRate } from '../base/units.ts';

/** A metric's value with its unit; `metric` as gates name it (`writer.ack.p99`). */
export function formatMetric(metric: string, value: number): string {
  const parsed = parseMetric(metric);
  if ('error' in parsed) return formatNumber(value);
  switch (metrics[parsed.name].unit) {
    case 'duration':
      return formatDuration(value);
    case 'rate':
      return formatRate(value);
    case 'bytesPerSecond':
      return formatBytesPerSecond(value);
    case 'share':
      return `${formatNumber(value * 100)} %`;
    case 'count':
      return formatNumber(value);
  }
}
