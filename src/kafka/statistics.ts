/** One emission of librdkafka's statistics (STATISTICS.md), the parts that explain a latency. Times in µs. */
export interface Statistics {
  readonly batchBytes: number | null;
  readonly batchMessages: number | null;
  readonly internalLatency: number | null;
  readonly outbufLatency: number | null;
  readonly rtt: number | null;
  readonly rttP99: number | null;
  readonly throttle: number | null;
  readonly retries: number;
  readonly queued: number;
}

interface Window {
  readonly avg: number;
  readonly p99: number;
  readonly cnt: number;
}

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

/** Means are weighted by each window's own count; p99 is the worst broker's, since percentiles do not add. */
export function readStatistics(json: string): Statistics {
  const emission = JSON.parse(json) as Emission;
  const brokers = Object.values(emission.brokers ?? {}).filter((broker) => broker.nodeid >= 0);
  const topics = Object.values(emission.topics ?? {});
  const throttle = weightedMean(brokers.map((broker) => broker.throttle));
  const rtts = brokers.flatMap((broker) => (broker.rtt && broker.rtt.cnt > 0 ? [broker.rtt.p99] : []));
  return {
    batchBytes: weightedMean(topics.map((topic) => topic.batchsize)),
    batchMessages: weightedMean(topics.map((topic) => topic.batchcnt)),
    internalLatency: weightedMean(brokers.map((broker) => broker.int_latency)),
    outbufLatency: weightedMean(brokers.map((broker) => broker.outbuf_latency)),
    rtt: weightedMean(brokers.map((broker) => broker.rtt)),
    rttP99: rtts.length === 0 ? null : Math.max(...rtts),
    // The one window that librdkafka keeps in milliseconds.
    throttle: throttle === null ? null : throttle * 1000,
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
