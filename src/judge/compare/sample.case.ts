import { isPercentile, latencyStatistics } from '../../metrics/metrics.ts';
import { auditedDelivery, histogramResult, runResultOf, trialResult } from '../../results/sample.case.ts';
import type { DeliveryResult, HistogramJson, RunResult, TrialResult } from '../../results/schema.ts';
import { samplesOf, type Sample } from './sample.ts';

/** What is said of a trial; everything else is as usual: an open loop of 5000/s whose log was audited. */
export interface Made {
  /** Messages per second. */
  readonly rate?: number;
  /** Multiplies every acknowledgement's latency, 5 ms in the middle. */
  readonly latency?: number;
  readonly closedLoop?: boolean;
  readonly delivery?: Partial<DeliveryResult>;
  readonly validity?: TrialResult['validity'];
  readonly run?: Partial<RunResult>;
  readonly messages?: number;
  readonly trial?: Partial<TrialResult>;
}

let made = 0;

const whole = trialResult({ consumers: [] });
export const writer = whole.producers[0]!;
const audited = auditedDelivery();

const shapes = new Map<number, HistogramJson>();

/** 10 ms long, its percentiles moved: encoding each anew is what such tests would spend their time on. */
function ackOf(messages: number, latency: number): HistogramJson {
  let shape = shapes.get(messages);
  if (!shape) shapes.set(messages, (shape = histogramResult(messages, 10_000 / messages)));
  const moved = { ...shape };
  for (const name of latencyStatistics) {
    const value = shape[name];
    if (isPercentile(name) && value != null) moved[name] = value * latency;
  }
  return moved;
}

export function sample({
  rate = 5000,
  latency = 1,
  closedLoop = false,
  messages = 50_000,
  ...more
}: Made = {}): Sample {
  const ack = ackOf(messages, latency);
  const producer = {
    ...writer,
    closedLoop,
    rate: { offered: closedLoop ? null : 5000, achieved: rate },
    latency: { ...writer.latency, serviceAck: ack, ack: closedLoop ? null : ack },
  };
  const { totals } = whole;
  const trial: TrialResult = {
    ...whole,
    producers: [producer],
    totals: {
      ...totals,
      producers: { ...totals.producers, rate: producer.rate },
      latency: { ...totals.latency, ...producer.latency },
    },
    delivery: { ...audited, ...more.delivery },
    ...(more.validity ? { validity: more.validity } : {}),
    ...more.trial,
  };
  made++;
  return samplesOf(
    runResultOf({ runId: `run${made}`, trials: [trial], ...more.run }),
    `${more.run?.runId ?? `result${made}`}.json`,
  )[0]!;
}

/** The same few per cent up and down on both sides, none twice. */
export const noise = [0.01, -0.013, 0.004, -0.006, 0.016, -0.002, 0.008, -0.011, 0.013, -0.017];

export const side = (count: number, of: Made = {}, spread = 1): Sample[] =>
  noise.slice(0, count).map((each) =>
    sample({
      ...of,
      rate: (of.rate ?? 5000) * (1 + spread * each),
      latency: (of.latency ?? 1) * (1 - spread * each),
    }),
  );

export const turned = (samples: Sample[]): Sample[] => samples.toReversed();
