import { HistogramLogWriter } from 'hdr-histogram-js';
import type { Histogram } from './histogram.ts';

/**
 * HdrHistogram's interval log, version 1.3, by hdr-histogram-js' writer: HistogramLogAnalyzer and HdrHistogram's own
 * tools read it. Values are microseconds, times are seconds from the start time in the header, the maximum is in
 * milliseconds.
 */
export function hlogHeader(startedAtMillis: number): string {
  const seconds = (startedAtMillis / 1000).toFixed(3);
  const date = new Date(startedAtMillis).toISOString();
  return written((log) => {
    log.outputComment('[Logged by kafka-bench; values in microseconds, Interval_Max in milliseconds]');
    log.outputLogFormatVersion();
    // `outputStartTime` leaves an empty line behind and has the date in words of this machine.
    log.outputComment(`[StartTime: ${seconds} (seconds since epoch), ${date}]`);
    log.outputComment(`[BaseTime: ${seconds} (seconds since epoch)]`);
    log.outputLegend();
  });
}

/** One line of the log, newline included. `tag` names the histogram: `writer.ack`. */
export function hlogLine(
  tag: string,
  startSeconds: number,
  lengthSeconds: number,
  { counts }: Histogram,
): string {
  if (/[,\s"]/.test(tag)) throw new RangeError(`an hlog tag has no commas, quotes or spaces: ${tag}`);
  counts.tag = tag;
  return written((log) => log.outputIntervalHistogram(counts, startSeconds, startSeconds + lengthSeconds));
}

function written(write: (log: HistogramLogWriter) => void): string {
  const parts: string[] = [];
  write(new HistogramLogWriter((part) => parts.push(part)));
  return parts.join('');
}
