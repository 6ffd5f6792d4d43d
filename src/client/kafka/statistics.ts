import type { LibrdkafkaSample } from '../../protocol/report.ts';

interface Window {
  readonly avg: number;
  readonly p99: number;
  readonly cnt: number;
  readonly sum?: number;
  readonly max?: number;
  /** Values that the histogram behind the percentiles did not take; average and sum have them. */
  readonly outofrange?: number;
}

/** Where librdkafka's histogram of round trips ends, µs (rdkafka_broker.c); it grows when a second went beyond it. */
const rttLimit = 500_000;

interface Emission {
  readonly msg_cnt?: number;
  readonly brokers?: Record<
    string,
    {
      nodeid: number;
      txretries: number;
      int_latency?: Window;
      outbuf_latency?: Window;
      rtt?: Window;
      throttle?: Window;
    }
  >;
  readonly topics?: Record<string, { batchsize?: Window; batchcnt?: Window }>;
}

/**
 * Means are weighted by each window's own count, and hold every value; p99 is the worst broker's, since percentiles do
 * not add.
 */
export function readStatistics(json: string): LibrdkafkaSample {
  const emission = JSON.parse(json) as Emission;
  const brokers = Object.values(emission.brokers ?? {}).filter((broker) => broker.nodeid >= 0);
  const topics = Object.values(emission.topics ?? {});
  const throttle = weightedMean(brokers.map((broker) => broker.throttle));
  const throttles = brokers.flatMap((broker) => broker.throttle?.sum ?? []);
  return {
    batchBytes: weightedMean(topics.map((topic) => topic.batchsize)),
    batchMessages: weightedMean(topics.map((topic) => topic.batchcnt)),
    internalLatency: weightedMean(brokers.map((broker) => broker.int_latency)),
    outbufLatency: weightedMean(brokers.map((broker) => broker.outbuf_latency)),
    rtt: weightedMean(brokers.map((broker) => broker.rtt)),
    ...worstP99(
      brokers.flatMap(({ rtt }) => (rtt && rtt.cnt > 0 ? [rtt] : [])),
      rttLimit,
    ),
    // The one window that librdkafka keeps in milliseconds.
    throttle: throttle === null ? null : throttle * 1000,
    throttled: throttles.length === 0 ? null : throttles.reduce((sum, each) => sum + each, 0) * 1000,
    retries: brokers.reduce((sum, broker) => sum + broker.txretries, 0),
    queued: emission.msg_cnt ?? 0,
  };
}

function weightedMean(windows: readonly (Window | undefined)[]): number | null {
  let count = 0;
  let sum = 0;
  for (const window of windows) {
    if (!window || window.cnt === 0) continue;
    count += window.cnt;
    sum += window.cnt * window.avg;
  }
  return count === 0 ? null : sum / count;
}

/**
 * A value that the histogram did not take is greater than all that it holds: its percentiles are of the others, and
 * less than the true ones. The count of such values is reset with the histogram, which a window in which nothing
 * fitted does not do; its `max` is of the window itself.
 */
function worstP99(
  windows: readonly Window[],
  limit: number,
): Pick<LibrdkafkaSample, 'rttP99' | 'rttP99Above'> {
  if (windows.length === 0) return { rttP99: null, rttP99Above: null };
  const least = windows.map((window) => {
    const { p99, cnt, outofrange = 0 } = window;
    return isClipped(window, limit) && outofrange / cnt > 0.01 ? Math.max(limit, p99) : p99;
  });
  const worst = Math.max(...least);
  return windows.some((window) => isClipped(window, limit))
    ? { rttP99: null, rttP99Above: worst }
    : { rttP99: worst, rttP99Above: null };
}

const isClipped = ({ max, outofrange = 0 }: Window, limit: number): boolean =>
  outofrange > 0 && !(max !== undefined && max <= limit);
