import { describe, expect, it } from 'vitest';
import { summarise } from '../../measure/summary.ts';
import type { TrialResult } from '../../results/schema.ts';
import type { WorkerReport } from '../../protocol/report.ts';
import { assembleTrial, type TrialEvidence } from './assemble.ts';
import {
  consumerReport,
  histogramOf,
  ladder,
  producerReport,
  scenarioOf,
  sends,
  workerReport,
} from '../../trial/evidence.case.ts';
import { judgeTrial, type JudgeInput } from './judge.ts';

const second = 1e6;
const measure = 100 * second;

type Assembled = Omit<TrialResult, 'validity'>;
const quiet = { steal: null, others: null, pressure: null };

/** 10 s at `rate` messages a second, all acknowledged, handed over in time, by one producer and one consumer. */
function trialOf(
  more: {
    producer?: string;
    expect?: string;
    attempted?: number;
    acked?: number;
    lastHandedOver?: number;
    ackSources?: ('tap' | 'delivery-reports')[];
    eventLoop?: number;
    change?: (trial: Assembled) => void;
  } = {},
): JudgeInput {
  const scenario = scenarioOf(`
producers: [{ name: writer, topic: t, ${more.producer ?? 'rate: 1000/s'} }]
consumers: [{ name: reader, topic: t }]
expect: { ${more.expect ?? ''} }
`);
  const attempted = more.attempted ?? 10_000;
  const sources = more.ackSources ?? ['delivery-reports'];
  const producers = sources.map((ackSource, index) =>
    producerReport({
      index,
      ackSource,
      measured:
        index === 0
          ? sends({
              attempted,
              acked: more.acked ?? attempted,
              indeterminate: attempted - (more.acked ?? attempted),
            })
          : sends(),
      firstDue: measure,
      lastDue: measure + 9_999_000,
      firstHandedOver: measure,
      lastHandedOver: more.lastHandedOver ?? measure + 9_999_100,
      lastSettled: measure + 10 * second,
    }),
  );
  const consumers = [
    consumerReport({
      measured: { received: attempted, bytes: 0 },
      firstReceived: measure,
      lastReceived: measure + 10 * second,
    }),
  ];
  const process = { eventLoop: more.eventLoop ?? 0.1 };
  const workers: WorkerReport[] = [
    workerReport({ clients: producers, process }),
    workerReport({ worker: 'consumer-1', clients: consumers }),
  ];
  const evidence: TrialEvidence = {
    scenario,
    groups: new Map([['reader', null]]),
    clients: { producers, consumers },
    workers,
    seconds: [],
    samples: null,
    drained: new Map(),
    delivery: null,
    faults: { records: [], changes: [], topics: new Map() },
    times: {
      start: measure,
      measure,
      drain: measure + 10 * second,
      stopped: null,
      end: measure + 10 * second,
    },
  };
  const trial = assembleTrial(evidence);
  more.change?.(trial);
  return { scenario, trial, workers, machine: quiet, sharesMachine: false };
}

const reasons = (input: JudgeInput) =>
  judgeTrial(input).reasons.map(({ code, severity }) => `${code} ${severity}`);
const touched = (input: JudgeInput, code: string) =>
  judgeTrial(input).reasons.find((reason) => reason.code === code)?.metrics;

/** Latencies as a result holds them. */
const latency = (values: readonly number[]) => summarise(histogramOf(values));
const setLatency = (trial: Assembled, name: 'ack' | 'scheduleDelay', values: readonly number[]) => {
  trial.producers[0]!.latency[name] = latency(values);
  trial.totals.latency[name] = latency(values);
};

describe('judgeTrial', () => {
  it('finds nothing wrong with a trial that went as planned', () => {
    expect(judgeTrial(trialOf())).toEqual({ ok: true, reasons: [] });
  });

  it('finds a load that was not offered', () => {
    const input = trialOf({ lastHandedOver: measure + 10.2 * second });
    expect(reasons(input)).toEqual(['under-offered invalid']);
    expect(judgeTrial(input).ok).toBe(false);
    expect(touched(input, 'under-offered')).toEqual(
      expect.arrayContaining([
        'writer.throughput',
        'throughput',
        'writer.ack',
        'ack',
        'reader.endToEnd',
        'endToEnd',
      ]),
    );
    expect(reasons(trialOf({ lastHandedOver: measure + 10.09 * second }))).toEqual([]);
  });

  it('does not blame the harness for what the cluster refused', () => {
    expect(reasons(trialOf({ acked: 9000 }))).toEqual([]);
  });

  it('does not hold random arrivals against the rate that they were drawn from', () => {
    const poisson = { producer: 'rate: 1000/s, arrival: poisson', attempted: 9700 };
    expect(reasons(trialOf(poisson))).toEqual([]);
    expect(reasons(trialOf({ ...poisson, lastHandedOver: measure + 10.2 * second }))).toEqual([
      'under-offered invalid',
    ]);
  });

  it('expects no schedule of a closed loop', () => {
    expect(
      reasons(trialOf({ producer: 'rate: max', eventLoop: 1, lastHandedOver: measure + 60 * second })),
    ).toEqual([]);
  });

  it('finds a run that was cut before anything was measured not invalid, but empty', () => {
    const input = trialOf();
    const clients = { producers: [], consumers: [] };
    const trial = assembleTrial({
      scenario: input.scenario,
      groups: new Map(),
      clients,
      workers: [],
      seconds: [],
      samples: null,
      drained: new Map(),
      delivery: null,
      faults: { records: [], changes: [], topics: new Map() },
      times: { start: null, measure: null, drain: null, stopped: null, end: 0 },
    });
    expect(judgeTrial({ ...input, trial, workers: [] })).toEqual({ ok: true, reasons: [] });
  });

  it('finds a producer that was late itself', () => {
    const late = (p99: number, ack: number) =>
      trialOf({
        change(trial) {
          setLatency(trial, 'scheduleDelay', new Array<number>(2000).fill(p99));
          setLatency(trial, 'ack', new Array<number>(2000).fill(ack));
        },
      });
    expect(reasons(late(900, 2000))).toEqual([]);
    expect(reasons(late(1100, 2000))).toEqual(['late-schedule warn']);
    expect(reasons(late(5100, 9000))).toEqual(['late-schedule invalid']);
    expect(touched(late(5100, 9000), 'late-schedule')).toEqual(
      expect.arrayContaining(['writer.ack', 'ack', 'reader.endToEnd', 'endToEnd']),
    );
  });

  it('finds an event loop that was busy', () => {
    expect(reasons(trialOf({ eventLoop: 0.95 }))).toEqual(['busy-loop invalid']);
    expect(reasons(trialOf({ eventLoop: 0.95, ackSources: ['tap'] }))).toEqual([]);
  });

  it('finds sources that must not be mixed', () => {
    const input = trialOf({ ackSources: ['tap', 'delivery-reports'] });
    expect(reasons(input)).toEqual(['mixed-sources invalid']);
    expect(touched(input, 'mixed-sources')).toEqual(expect.arrayContaining(['ack', 'writer.ack']));
  });

  it('finds samples below zero, in the total and in their scope', () => {
    const input = trialOf({ change: (trial) => setLatency(trial, 'ack', [-5, ...ladder(2000)]) });
    expect(judgeTrial(input).reasons.map(({ code, metrics }) => [code, metrics])).toEqual([
      ['negative-time', ['ack']],
      ['negative-time', ['writer.ack']],
    ]);
  });

  it('tells who else used the machine', () => {
    expect(
      reasons({ ...trialOf(), machine: { steal: 0.2, others: 0.3, pressure: 0.1 }, sharesMachine: true }),
    ).toEqual(['steal warn', 'steal warn', 'shared-machine warn']);
  });

  it('says when the rate was near what this harness can do here, where that was measured', () => {
    const calibrated = (perSecond: number, processes = 1) => ({
      ...trialOf(),
      calibration: {
        measuredAt: '2026-11-21T20:00:00.000Z',
        ceilings: [{ ackSource: 'delivery-reports' as const, processes, bytes: 100, perSecond }],
      },
    });
    expect(reasons(calibrated(1_400))).toEqual(['near-ceiling warn']);
    expect(judgeTrial(calibrated(1_400)).reasons[0]!.value).toBeCloseTo(1000 / 1400, 3);
    expect(judgeTrial(calibrated(1_400)).ok).toBe(true);
    expect(reasons(calibrated(1_450))).toEqual([]);
    expect(reasons({ ...trialOf(), calibration: null })).toEqual([]);
    const closed = trialOf({ producer: 'rate: max', lastHandedOver: measure + 60 * second });
    expect(reasons({ ...calibrated(500), ...closed })).toEqual([]);
  });

  it('lets no gate judge a percentile with too few samples beyond it', () => {
    const gated = (count: number) =>
      trialOf({
        expect: 'ack.p99: "<= 1s", writer.ack.p50: "<= 1s", ack.max: "<= 1s", attempted: ">= 1"',
        change: (trial) => setLatency(trial, 'ack', ladder(count)),
      });
    expect(reasons(gated(10_000))).toEqual([]);
    const short = gated(9_999);
    expect(reasons(short)).toEqual(['short-tail invalid']);
    expect(touched(short, 'short-tail')).toEqual(['ack.p99']);
    expect(judgeTrial(short).reasons[0]!.value).toBe(99);
  });
});

describe('drift', () => {
  const falling = Array.from({ length: 20 }, (_, i) => 1000 - 20 * i);
  const steady = new Array<number>(20).fill(1000);
  const series = (producer: string, settled: number[], p50: (number | null)[], name = 'ack.p50') =>
    trialOf({
      producer,
      change(trial) {
        trial.producers[0]!.durationSeconds = 20.4;
        trial.producers[0]!.rate.offered = 490;
        trial.intervals = {
          // Two seconds of warm-up before, an incomplete one and a drain behind.
          second: Array.from({ length: 24 }, (_, i) => i - 2),
          producers: { writer: { settled: [5, 5, ...settled, 3, 0], [name]: [9e9, 9e9, ...p50, 9e9, null] } },
          consumers: {},
        };
      },
    });
  const flat = (value: number) => new Array<number>(20).fill(value);

  it('is looked for in the whole seconds of the measured phase', () => {
    expect(reasons(series('rate: 1000/s', steady, flat(500)))).toEqual([]);
    expect(touched(series('rate: 1000/s', falling, flat(500)), 'drift')).toEqual(['writer.throughput']);
    expect(touched(series('rate: 1000/s', steady, falling), 'drift')).toEqual(['writer.ack.p50']);
  });

  it('is looked for in serviceAck where there is no due time', () => {
    expect(touched(series('rate: max', steady, falling, 'serviceAck.p50'), 'drift')).toEqual([
      'writer.serviceAck.p50',
    ]);
  });

  it('is no fault of a load that is meant to change', () => {
    expect(reasons(series('rate: { from: 1/s, to: 1000/s, over: 20s }', falling, falling))).toEqual([]);
  });
});

describe('a cold start', () => {
  const slow = [60_000, 9_000, ...new Array<number>(8).fill(5_000)];
  const even = new Array<number>(10).fill(5_000);
  const cold = (text: { producer?: string; consumer?: string }, columns: Record<string, number[]>) =>
    trialOf({
      producer: text.producer ?? 'rate: 1000/s',
      ...(text.consumer === undefined ? {} : { consumer: text.consumer }),
      change(trial) {
        trial.producers[0]!.durationSeconds = 10;
        trial.producers[0]!.rate.offered = 490;
        trial.consumers[0]!.durationSeconds = 10;
        trial.intervals = {
          second: Array.from({ length: 10 }, (_, i) => i),
          producers: { writer: columns },
          consumers: { reader: { 'endToEnd.p50': columns['endToEnd.p50'] ?? even } },
        };
      },
    });

  it('is a first second that took longer, until acknowledged or until received', () => {
    expect(touched(cold({}, { 'ack.p50': slow }), 'cold')).toEqual(['writer.ack']);
    expect(touched(cold({}, { 'endToEnd.p50': slow }), 'cold')).toEqual(['reader.endToEnd']);
    expect(reasons(cold({}, { 'ack.p50': even }))).toEqual([]);
  });

  it('of a closed loop is a first second in which less was sent', () => {
    const closed = { producer: 'rate: max' };
    const less = [400, 900, ...new Array<number>(8).fill(1000)];
    expect(touched(cold(closed, { settled: less }), 'cold')).toEqual(['writer.throughput']);
  });

  it('is not looked for in a load that is meant to change', () => {
    const ramp = { producer: 'rate: { from: 1/s, to: 1000/s, over: 10s }' };
    expect(reasons(cold(ramp, { 'ack.p50': slow, 'endToEnd.p50': slow }))).toEqual([]);
  });
});

describe('a trial with faults', () => {
  const per = (rate: number) => (_: unknown, i: number) => (i < 6 ? rate : rate * (1 - (i - 5) / 10));
  /** 12 s, with a fault from the seventh second on, in which less and less could be handed over. */
  const broken = (more: { producer?: string; rate?: number; before?: number; fault?: boolean }) =>
    trialOf({
      ...(more.producer === undefined ? {} : { producer: more.producer }),
      lastHandedOver: measure + 12 * second,
      change(trial) {
        const settled = Array.from({ length: 12 }, per(more.rate ?? 1000));
        const until = more.before ?? 6;
        const part = { ...trial.phases.at(-1)!, from: 0, to: until };
        if (until > 0) trial.phases.push({ ...part, name: 'before' });
        if (more.fault !== false) trial.phases.push({ ...part, name: 'during', from: until, to: 9 });
        trial.intervals = {
          second: Array.from({ length: 12 }, (_, i) => i),
          producers: { writer: { attempted: settled, settled } },
          consumers: {},
        };
      },
    });

  it('is judged by the time before them alone: neither less offered nor unsteady because of them', () => {
    expect(reasons(broken({}))).toEqual([]);
    expect(reasons(broken({ fault: false }))).toEqual(['under-offered invalid', 'drift warn']);
  });

  it('that was not offered its load before them is found', () => {
    const input = broken({ rate: 900 });
    expect(reasons(input)).toEqual(['under-offered invalid']);
    expect(judgeTrial(input).reasons[0]!.value).toBeCloseTo(0.9, 9);
  });

  it('is not judged by a time before them in which too little was due, or that is not there', () => {
    expect(reasons(broken({ rate: 900, before: 1 }))).toEqual(['under-offered invalid']);
    expect(reasons(broken({ rate: 900, before: 0 }))).toEqual([]);
    const few = { producer: 'rate: 100/s', rate: 90 };
    expect(reasons(broken(few))).toEqual([]);
    expect(reasons(broken({ producer: 'rate: 1000/s, arrival: poisson', rate: 900 }))).toEqual([]);
  });
});
