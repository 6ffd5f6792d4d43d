import { expect, test } from 'vitest';
import { formatMetric } from './metric-text.ts';

test('a metric is shown in the unit of its registry entry', () => {
  expect(formatMetric('writer.ack.p99', 139_007)).toBe('139 ms');
  expect(formatMetric('throughput', 5000)).toBe('5 000/s');
  expect(formatMetric('bytesPerSecond', 1e6)).toBe('1 MB/s (0.954 MiB/s)');
  expect(formatMetric('reader.share.min', 0.2)).toBe('20 %');
  expect(formatMetric('lost', 0)).toBe('0');
});
