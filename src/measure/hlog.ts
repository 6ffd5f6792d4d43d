import { encodeHdr } from './hdr-codec.ts';
import type { Histogram } from './histogram.ts';

/**
 * HdrHistogram's interval log, version 1.3, which HistogramLogAnalyzer and HdrHistogram's own tools read. Values
 * are microseconds, times are seconds from the start time in the header, the maximum is in milliseconds.
 */
export function hlogHeader(startedAtMillis: number): string {
  const seconds = (startedAtMillis / 1000).toFixed(3);
  const date = new Date(startedAtMillis).toISOString();
  return [
    '#[Logged by kafka-bench; values in microseconds, Interval_Max in milliseconds]',
    '#[Histogram log format version 1.3]',
    `#[StartTime: ${seconds} (seconds since epoch), ${date}]`,
    `#[BaseTime: ${seconds} (seconds since epoch)]`,
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
    '',
  ].join('\n');
}

/** One line of the log, newline included. `tag` names the histogram: `writer.ack`. */
export function hlogLine(
  tag: string,
  startSeconds: number,
  lengthSeconds: number,
  histogram: Histogram,
): string {
  if (/[,\s"]/.test(tag)) throw new RangeError(`an hlog tag has no commas, quotes or spaces: ${tag}`);
  const max = ((histogram.max ?? 0) / 1000).toFixed(3);
  return `Tag=${tag},${startSeconds.toFixed(3)},${lengthSeconds.toFixed(3)},${max},${encodeHdr(histogram)}\n`;
}
