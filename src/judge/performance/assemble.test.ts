import { describe, expect, it } from 'vitest';
import { trial as trialSchema } from '../../results/schema/trial.ts';
import { Meter } from '../../client/worker/meter.ts';
import type { IntervalReport } from '../../protocol/report.ts';
import { assembleTrial, type TrialEvidence } from './assemble.ts';
import {
  consumerReport,
  ladder,
  producerReport,
  receivedSecond,
  scenarioOf,
  sends,
  sentSecond,
  sparseOf,
  workerReport,
} from '../../trial/evidence.case.ts';
import type { KeptSecond, Second } from './intervals.ts';

const second = 1e6;
/** The measured phase of every trial here begins at 100 s of the clock, after 5 s of warm-up. */
const start = 95 * second;
const measure = 100 * second;

const openLoop = scenarioOf(`
producers:
  - { name: writer, topic: t, count: 2, rate: 1000/s, messages: 10k, value: { bytes: 100 } }
consumers:
  - { name: reader, topic: t, group: g, count: 2 }
phases: { warmup: 5s }
`);

/** One second in which so many messages of 100 B each were acknowledged, or received; `late` of them after the phase. */
function flow(side: 'producer' | 'consumer', at: number, messages: number, late = 0): KeptSecond {
  const [name, count] = side === 'producer' ? ['writer', 'settled'] : ['reader', 'received'];
  const counts = { ...noFlow, [count]: messages, bytes: 100 * messages, late };
  const within = at < 0 ? 0 : messages - late;
  return { side, name: name, second: at, counts: { ...counts, within }, latency: {}, librdkafka: null };
}
const noFlow = { attempted: 0, settled: 0, errors: 0, received: 0, bytes: 0, within: 0, late: 0 };

/** 10 000 messages at 1000/s by two clients; 9990 acknowledged; 9980 received by a second after the end. */
function evidence(more: Partial<TrialEvidence> = {}): TrialEvidence {
  const writer = (index: number) =>
    producerReport({
      index,
      warmup: sends({ attempted: 2500, acked: 2500, bytes: 250_000 }),
      measured: sends({ attempted: 5000, acked: 4995, indeterminate: 4, rejected: 1, bytes: 499_500 }),
      firstDue: measure + index * 1000,
      lastDue: measure + 9_998_000 + index * 1000,
      firstHandedOver: measure + index * 1000 + 10,
      lastHandedOver: measure + 9_998_000 + index * 1000 + 20,
      lastSettled: measure + 10_004_000,
      lastAcked: measure + 10_000_000,
      warmupSettled: measure + 2000,
      errors: [
        { code: '_MSG_TIMED_OUT', phase: 'measure', count: 4 },
        { code: 'MSG_SIZE_TOO_LARGE', phase: 'measure', count: 1 },
      ],
      queueFull: 3,
    });
  const reader = (index: number) =>
    consumerReport({
      index,
      warmup: { received: 2500, bytes: 250_000 },
      measured: { received: 4990, bytes: 499_000 },
      processed: 7490,
      firstMessage: 700_000 + index,
      firstReceived: measure + 5000,
      lastReceived: measure + 10 * second + index * second,
      endedBy: 'idle',
      rebalances: [{ at: start - second, kind: 'assign', partitions: [`t-abcd/${index}`] }],
    });
  const clients = { producers: [writer(0), writer(1)], consumers: [reader(0), reader(1)] };
  return {
    scenario: openLoop,
    groups: new Map([['reader', 'g-abcd']]),
    clients,
    workers: [
      workerReport({
        worker: 'consumer-1',
        clients: clients.consumers,
        latency: [
          {
            side: 'consumer',
            name: 'reader',
            warmup: { endToEnd: sparseOf([9]) },
            measured: { endToEnd: sparseOf(ladder(2000)) },
          },
        ],
        process: { cpu: 3 * second, elapsed: 15 * second, rss: 100, eventLoop: 0.2 },
      }),
      workerReport({
        worker: 'producer-1',
        clients: [clients.producers[0]!],
        latency: [
          {
            side: 'producer',
            name: 'writer',
            warmup: { ack: sparseOf(ladder(100, 1000)) },
            measured: { ack: sparseOf(ladder(1000)), serviceAck: sparseOf(ladder(1000)) },
          },
        ],
        process: { cpu: 1.5 * second, elapsed: 15 * second, rss: 20, eventLoop: 0.3 },
      }),
      workerReport({
        worker: 'producer-2',
        clients: [clients.producers[1]!],
        latency: [
          {
            side: 'producer',
            name: 'writer',
            warmup: {},
            measured: { ack: sparseOf(ladder(1000).map((micros) => micros + 1000)) },
          },
        ],
        process: { cpu: 1.5 * second, elapsed: 15 * second, rss: 30, eventLoop: 0.1 },
      }),
    ],
    // As many as were acknowledged and received, and those of the warm-up.
    seconds: [
      ...[-5, -4, -3, -2, -1].flatMap((at) => [flow('producer', at, 1000), flow('consumer', at, 1000)]),
      ...Array.from({ length: 10 }, (_, at) => [flow('producer', at, 999), flow('consumer', at, 998)]).flat(),
    ],
    samples: null,
    drained: new Map(),
    delivery: null,
    faults: { records: [], changes: [], topics: new Map() },
    times: { start, measure, drain: measure + 10 * second, stopped: null, end: measure + 12 * second },
    ...more,
  };
}

const judged = (assembled: object) =>
  trialSchema.parse({ ...assembled, validity: { ok: true, reasons: [] } });

describe('an open-loop trial', () => {
  const trial = assembleTrial(evidence());

  it('counts the measured phase of a producer over its clients', () => {
    expect(trial.producers).toHaveLength(1);
    expect(trial.producers[0]).toMatchObject({
      name: 'writer',
      clients: 2,
      ackSource: 'delivery-reports',
      closedLoop: false,
      messages: 9990,
      attempted: 10_000,
      acked: 9990,
      sent: 0,
      rejected: 2,
      indeterminate: 8,
      bytes: 999_000,
      queueFull: 6,
      // First due to last due and its slot: 10 000 slots of 1 ms.
      durationSeconds: 10,
      rate: { offered: 1000, achieved: 999 },
      bytesPerSecond: 99_900,
    });
  });

  it('counts a consumer from the start of the measured phase to its last message', () => {
    expect(trial.consumers[0]).toMatchObject({
      name: 'reader',
      clients: 2,
      group: 'g-abcd',
      messages: 9980,
      received: 9980,
      processed: 14_980,
      bytes: 998_000,
      durationSeconds: 11,
      rate: { offered: null, achieved: 9980 / 11 },
      firstMessage: 700_000,
      endedBy: 'idle',
    });
  });

  it('adds the workers’ histograms, and keeps the warm-up out', () => {
    const { ack, serviceAck, scheduleDelay } = trial.producers[0]!.latency;
    expect(ack).toMatchObject({
      count: 2000,
      min: 1,
      max: 2000,
      p50: 1000,
      p99: 1980,
      mean: 1000.5,
      sum: 2_001_000,
    });
    expect(serviceAck?.count).toBe(1000);
    expect(scheduleDelay).toBeNull();
    expect(trial.totals.latency.ack).toEqual(ack);
    // 2 samples lie beyond the 99.9th percentile of 2000: too few to show.
    expect(ack?.p999).toBeNull();
    expect(trial.consumers[0]!.latency.endToEnd).toMatchObject({ count: 2000, p90: 1800 });
    expect(trial.phases[0]!.latency.ack).toMatchObject({ count: 100, max: 100_000 });
  });

  it('totals both sides over the joined span', () => {
    expect(trial.totals.producers).toEqual({
      messages: 9990,
      bytes: 999_000,
      rate: { offered: 1000, achieved: 999 },
      bytesPerSecond: 99_900,
    });
    expect(trial.totals.consumers).toMatchObject({
      messages: 9980,
      rate: { offered: null, achieved: 9980 / 11 },
    });
  });

  it('dates the phases in seconds from the measured one', () => {
    expect(trial.phases.map(({ name, from, to }) => [name, from, to])).toEqual([
      ['warmup', -5, 0],
      ['measure', 0, 10],
      ['drain', 10, 12],
    ]);
    expect(trial.phases[0]!.throughput).toEqual({ producers: 1000, consumers: 1000 });
    expect(trial.phases[1]!.throughput).toEqual({ producers: 999, consumers: 9980 / 11 });
  });

  it('tells the harness’s own cost, a message of the warm-up counting like any other', () => {
    expect(trial.harness).toMatchObject({ rss: 150, eventLoop: 0.3 });
    expect(trial.harness.cpu).toBeCloseTo(6 / 15, 12);
    // 6 s of CPU for 14 990 sent and 14 980 received.
    expect(trial.harness.cpuPerMessage).toBeCloseTo((6 * second) / (14_990 + 14_980), 9);
    expect(trial.harness.workers.map(({ name }) => name)).toEqual(['consumer-1', 'producer-1', 'producer-2']);
  });

  it('ends every send of both phases as exactly one thing, and claims nothing beyond', () => {
    const { attempted, acked, sent, rejected, indeterminate } = trial.delivery;
    expect(attempted).toBe(15_000);
    expect(acked + sent + rejected + indeterminate).toBe(attempted);
    expect(trial.delivery).toMatchObject({
      guarantee: 'at-least-once',
      verdict: 'NONE',
      lost: null,
      absent: null,
    });
    expect(trial.delivery.groups).toEqual([
      { name: 'g', expected: null, processed: 14_980, undelivered: null, deadLettered: 0, excused: 0 },
    ]);
  });

  it('adds the clients’ errors by code, the most first', () => {
    expect(trial.errors).toEqual([
      { code: '_MSG_TIMED_OUT', phase: 'measure', scope: 'writer', count: 8 },
      { code: 'MSG_SIZE_TOO_LARGE', phase: 'measure', scope: 'writer', count: 2 },
    ]);
  });

  it('gives each phase its errors by the due time of messages, and none to the drain', () => {
    const errors = (count: number) => [
      { code: '_MSG_TIMED_OUT', scope: 'writer', count },
      { code: 'MSG_SIZE_TOO_LARGE', scope: 'writer', count: 2 },
    ];
    expect(trial.phases.map((phase) => phase.errors)).toEqual([[], errors(8), null]);
    expect(trial.phases.map((phase) => phase.duplicates)).toEqual([null, null, null]);
  });

  it('gives each duplicate and redelivery to one phase', () => {
    const seconds = {
      duplicates: [-7, -1, 0, 9, 10, 30].map((second, i) => ({ second, count: 10 ** i })),
      redelivered: [{ second: 10, count: 3 }],
    };
    const delivery = { ...trial.delivery, seconds };
    const counts = (more: Partial<TrialEvidence> = {}) =>
      assembleTrial(evidence({ delivery, ...more })).phases.map(({ name, duplicates, redelivered }) => [
        name,
        duplicates,
        redelivered,
      ]);
    expect(counts()).toEqual([
      ['warmup', 11, 0],
      ['measure', 1100, 0],
      ['drain', 110_000, 3],
    ]);
    const alone = { start: measure, measure, drain: null, stopped: null, end: measure + 3 * second };
    expect(counts({ times: alone })).toEqual([['measure', 111_111, 3]]);
  });

  it('describes groups as their members saw them', () => {
    expect(trial.groups).toEqual([
      {
        name: 'g-abcd',
        members: 2,
        assignments: [
          { at: -6 * second, member: 'reader-0', partitions: ['t-abcd/0'] },
          { at: -6 * second, member: 'reader-1', partitions: ['t-abcd/1'] },
        ],
        rebalances: [
          { at: -6 * second, member: 'reader-0', kind: 'assign', took: null },
          { at: -6 * second, member: 'reader-1', kind: 'assign', took: null },
        ],
        rebalanceCount: 1,
        unassigned: null,
        shares: { 'reader-0': 7490, 'reader-1': 7490 },
        firstMessage: 700_000,
        processed: 14_980,
        redelivered: null,
        committed: null,
        drained: null,
        lag: null,
      },
    ]);
  });

  it('fits the published format', () => {
    expect(judged(trial)).toMatchObject({ index: 0, producers: [{ name: 'writer' }] });
  });
});

describe('rates', () => {
  const trialOf = (text: string, reports: Parameters<typeof producerReport>[0][], seconds: KeptSecond[]) => {
    const scenario = scenarioOf(text);
    const clients = { producers: reports.map((report) => producerReport(report)), consumers: [] };
    return assembleTrial(evidence({ scenario, clients, workers: [], groups: new Map(), seconds }));
  };
  const one = (text: string, report: Parameters<typeof producerReport>[0], seconds: KeptSecond[]) =>
    trialOf(`producers: [{ name: writer, topic: t, ${text} }]`, [report], seconds).producers[0]!;
  const measured = sends({ attempted: 1001, acked: 1001 });

  it('are of what was acknowledged in the phase, whenever it was due; what came later stands beside it', () => {
    // 3000/s were due, and 1200/s is what the cluster did; 500 of them were due in the warm-up.
    const seconds = [
      flow('producer', -1, 700),
      ...Array.from({ length: 10 }, (_, at) => flow('producer', at, 1200)),
      ...Array.from({ length: 15 }, (_, i) => flow('producer', 10 + i, 1200, 1200)),
    ];
    const times = {
      firstDue: measure,
      lastDue: measure + 10 * second,
      lastHandedOver: measure + 10 * second,
    };
    const sent = { measured: sends({ attempted: 30_000, acked: 29_500, indeterminate: 500 }), ...times };
    const result = one('rate: 3000/s, for: 10s', sent, seconds);
    expect(result).toMatchObject({
      messages: 29_500,
      durationSeconds: 10,
      rate: { offered: 3000, achieved: 1200 },
      bytesPerSecond: 120_000,
      observed: { messages: 12_000, later: 18_000 },
    });
  });

  it('of a closed loop are over the whole phase, however long the warm-up stood ahead in the queue', () => {
    // Nothing of the measured phase was served in its first 3.4 s.
    const seconds = Array.from({ length: 10 }, (_, at) => flow('producer', at, at < 3 ? 17_000 : 34_900));
    const times = {
      firstHandedOver: measure + 3.4 * second,
      warmupSettled: measure + 3.4 * second,
      lastHandedOver: measure + 10 * second,
      lastSettled: measure + 10.5 * second,
    };
    const sent = { measured: sends({ attempted: 230_000, acked: 230_000 }), ...times };
    const { rate, closedLoop } = one('rate: max, for: 10s', sent, seconds);
    expect(closedLoop).toBe(true);
    expect(rate).toEqual({ offered: null, achieved: 29_530 });
  });

  it('of a number of messages are over the time until the last acknowledgement, not the last failure', () => {
    const times = {
      firstHandedOver: measure,
      lastHandedOver: measure + second,
      lastAcked: measure + 2 * second,
      lastSettled: measure + 300 * second,
    };
    const seconds = [flow('producer', 0, 500), flow('producer', 1, 501)];
    const { rate } = one('rate: max, messages: 1001', { measured, ...times }, seconds);
    expect(rate).toEqual({ offered: null, achieved: 1001 / 2 });
  });

  it('of random arrivals hold against what was drawn, not against the rate that it was drawn from', () => {
    // 1001 arrivals that happened to take 1.05 s.
    const times = {
      firstDue: measure,
      lastDue: measure + 1.05 * second,
      lastHandedOver: measure + 1.05 * second,
    };
    const { rate } = one('rate: 1000/s, messages: 1001, arrival: poisson', { measured, ...times }, [
      flow('producer', 0, 1001),
    ]);
    expect(rate.offered).toBeCloseTo(1000 / 1.05, 9);
    expect(rate.achieved).toBeCloseTo(rate.offered!, 9);
  });

  it('of producers that end at different times join over the longest phase', () => {
    const text = `
producers:
  - { name: writer, topic: t, rate: 1000/s, for: 2s }
  - { name: other, topic: t, rate: 1000/s, for: 4s }`;
    const other = (at: number): KeptSecond => ({ ...flow('producer', at, 1000), name: 'other' });
    const seconds = [
      ...[flow('producer', 0, 1000), flow('producer', 1, 900), flow('producer', 2, 100, 100)],
      ...[0, 1, 2, 3].map(other),
    ];
    const { producers, totals } = trialOf(text, [{}, { name: 'other' }], seconds);
    expect(producers.map(({ rate }) => rate.achieved)).toEqual([950, 1000]);
    expect(totals.producers.rate.achieved).toBe(6000 / 4);
  });

  it('at acks=0 are of what was sent', () => {
    const result = one(
      'rate: max, messages: 10, client: { acks: 0 }',
      {
        ackSource: 'socket-write',
        measured: sends({ attempted: 10, sent: 10 }),
        lastAcked: measure + second,
      },
      [flow('producer', 0, 10)],
    );
    expect(result).toMatchObject({
      ackSource: 'socket-write',
      messages: 10,
      sent: 10,
      acked: 0,
      rate: { achieved: 10 },
    });
  });

  it('of a consumer are over the phase too; what it received in the drain is not in them', () => {
    const scenario = scenarioOf(`
producers: [{ name: writer, topic: t, rate: 1000/s }]
consumers: [{ name: reader, topic: t }]
phases: { measure: 2s }`);
    const clients = {
      producers: [producerReport()],
      consumers: [
        consumerReport({ measured: { received: 2000, bytes: 0 }, lastReceived: measure + 9 * second }),
      ],
    };
    const seconds = [flow('consumer', 0, 300), flow('consumer', 1, 300), flow('consumer', 8, 1400, 1400)];
    const trial = assembleTrial(evidence({ scenario, clients, workers: [], groups: new Map(), seconds }));
    expect(trial.consumers[0]).toMatchObject({
      messages: 2000,
      durationSeconds: 2,
      rate: { achieved: 300 },
      bytesPerSecond: 30_000,
      observed: { messages: 600, later: 1400 },
    });
    expect(trial.totals.consumers.rate.achieved).toBe(300);
    expect(
      trial.phases.map(({ name, from, to, throughput }) => [name, from, to, throughput.consumers]),
    ).toEqual([
      ['warmup', -5, 0, 0],
      ['measure', 0, 2, 300],
      ['drain', 2, 12, 140],
    ]);
  });

  it('of a run that was stopped are over the time until then', () => {
    const scenario = scenarioOf('producers: [{ name: writer, topic: t, rate: 1000/s, for: 1h }]');
    const times = {
      start,
      measure,
      drain: measure + 4 * second,
      stopped: measure + 4 * second,
      end: measure + 5 * second,
    };
    const seconds = [0, 1, 2, 3].map((at) => flow('producer', at, 1000));
    const clients = { producers: [producerReport()], consumers: [] };
    const trial = assembleTrial(
      evidence({ scenario, clients, workers: [], groups: new Map(), seconds, times }),
    );
    expect(trial.producers[0]).toMatchObject({ durationSeconds: 4, rate: { achieved: 1000 } });
  });

  it('of a consumer that lagged in a run that was stopped are of what came until then', () => {
    const scenario = scenarioOf(`
producers: [{ name: writer, topic: t, rate: 1000/s, for: 60s }]
consumers: [{ name: reader, topic: t }]
`);
    const intervals: IntervalReport[] = [];
    const meter = new Meter('consumer', 'reader', (interval) => intervals.push(interval));
    meter.begin(measure, measure, measure + 60 * second);
    // It reads 500/s for 20 s, and was told at 10 s that the phase was over.
    for (let at = 0; at < 200; at++) {
      if (at === 100) meter.endPhase(measure + 10 * second);
      meter.count('received', measure + at * 100_000, 50);
    }
    meter.flush();
    const times = {
      ...{ start: measure, measure, drain: measure + 10.2 * second },
      ...{ stopped: measure + 10 * second, end: measure + 21 * second },
    };
    const seconds = intervals.map((interval) => ({ ...interval, latency: {}, librdkafka: null }));
    const clients = { producers: [], consumers: [consumerReport({ lastReceived: measure + 20 * second })] };
    const trial = assembleTrial(
      evidence({ scenario, clients, workers: [], groups: new Map([['reader', null]]), seconds, times }),
    );
    expect(trial.consumers[0]).toMatchObject({
      durationSeconds: 10,
      rate: { achieved: 500 },
      observed: { messages: 5000, later: 5000 },
    });
  });
});

describe('what is not there', () => {
  it('is null, not zero, where nothing was sent', () => {
    const clients = { producers: [], consumers: [] };
    const trial = assembleTrial(evidence({ clients, workers: [] }));
    expect(trial.producers[0]).toMatchObject({
      messages: 0,
      durationSeconds: 0,
      rate: { offered: 1000, achieved: null },
    });
    expect(trial.totals.consumers.rate.achieved).toBeNull();
    expect(trial.harness).toEqual({ cpu: 0, cpuPerMessage: null, rss: 0, eventLoop: 0, workers: [] });
    judged(trial);
  });

  it('has no phases before the start', () => {
    const times = { start: null, measure: null, drain: null, stopped: null, end: 5 };
    expect(assembleTrial(evidence({ times })).phases).toEqual([]);
  });

  it('leaves out the warm-up and the drain that were not', () => {
    const times = { start: measure, measure, drain: null, stopped: null, end: measure + 3 * second };
    expect(assembleTrial(evidence({ times })).phases.map(({ name, to }) => [name, to])).toEqual([
      ['measure', 3],
    ]);
  });

  it('takes the first arrival as the start where nobody produces', () => {
    const scenario = scenarioOf(
      '{ topics: [{ name: t, reuse: true }], consumers: [{ name: reader, topic: t }] }',
    );
    const clients = {
      producers: [],
      consumers: [
        consumerReport({
          measured: { received: 100, bytes: 1000 },
          firstReceived: measure + 2 * second,
          lastReceived: measure + 4 * second,
          endedBy: 'idle',
        }),
      ],
    };
    const trial = assembleTrial(
      evidence({
        ...{ scenario, clients, workers: [], groups: new Map([['reader', null]]) },
        seconds: [flow('consumer', 2, 60), flow('consumer', 3, 40)],
      }),
    );
    expect(trial.consumers[0]).toMatchObject({ durationSeconds: 2, rate: { achieved: 50 }, group: null });
    expect(trial.groups).toEqual([]);
    expect(trial.delivery).toMatchObject({ attempted: 0, groups: [], foreign: 0 });
  });
});

describe('delivery', () => {
  it('refuses to write counts that do not add up', () => {
    const clients = {
      producers: [producerReport({ measured: sends({ attempted: 3, acked: 2 }) })],
      consumers: [],
    };
    expect(() => assembleTrial(evidence({ clients }))).toThrow('sends do not add up');
  });

  it('knows what acks=0 can promise, and what the scenario asks for', () => {
    const guarantee = (text: string) =>
      assembleTrial(evidence({ scenario: scenarioOf(text), clients: { producers: [], consumers: [] } }))
        .delivery.guarantee;
    expect(guarantee('producers: [{ name: a, topic: t }, { name: b, topic: t, client: { acks: 0 } }]')).toBe(
      'at-most-once',
    );
    expect(guarantee('producers: [{ name: a, topic: t }]')).toBe('at-least-once');
    expect(guarantee('{ producers: [{ name: a, topic: t }], expect: { delivery: none } }')).toBe('none');
  });

  it('counts a group once, however many consumers form it', () => {
    const scenario = scenarioOf(`
producers: [{ name: writer, topic: t }]
consumers:
  - { name: a, topic: t, group: g }
  - { name: b, topic: t, group: g }
`);
    const clients = {
      producers: [],
      consumers: [
        consumerReport({ name: 'a', processed: 3, foreign: 1, corrupt: 2 }),
        consumerReport({ name: 'b', processed: 4, foreign: 1 }),
      ],
    };
    const groups = new Map([
      ['a', 'g-1'],
      ['b', 'g-1'],
    ]);
    const { delivery } = assembleTrial(evidence({ scenario, clients, workers: [], groups }));
    expect(delivery.groups.map(({ name, processed }) => [name, processed])).toEqual([['g', 7]]);
    expect(delivery).toMatchObject({ foreign: 2, anomalies: { corrupt: 2 } });
  });
});

describe('columns', () => {
  const counts = { attempted: 1, settled: 2, errors: 0, received: 3, bytes: 4, within: 2, late: 0 };
  const at = (number: number, more: Partial<Second> = {}): Second => ({
    side: 'producer',
    name: 'writer',
    second: number,
    counts,
    latency: {},
    librdkafka: null,
    ...more,
  });

  it('are of equal length; a second without anything holds zeros and nulls', () => {
    const { intervals } = assembleTrial(
      evidence({
        seconds: [
          at(1, { latency: { ack: { p50: 5, p90: null, p95: null, p99: null, max: 9 } } }),
          at(-1),
          at(2, {
            side: 'consumer',
            name: 'reader',
            latency: { endToEnd: { p50: 1, p90: null, p95: null, p99: 2, max: 3 } },
          }),
        ],
      }),
    );
    expect(intervals.second).toEqual([-1, 0, 1, 2]);
    const columns = [
      ...Object.values(intervals.producers['writer']!),
      ...Object.values(intervals.consumers['reader']!),
    ];
    expect(columns.every((column) => column.length === 4)).toBe(true);
    expect(intervals.producers['writer']).toMatchObject({
      attempted: [1, 0, 1, 0],
      settled: [2, 0, 2, 0],
      'ack.p50': [null, null, 5, null],
      'ack.p99': [null, null, null, null],
      'ack.max': [null, null, 9, null],
      rtt: [null, null, null, null],
    });
    expect(intervals.consumers['reader']).toMatchObject({
      received: [0, 0, 0, 3],
      'endToEnd.p99': [null, null, null, 2],
    });
    expect(intervals.producers['writer']).not.toHaveProperty('received');
  });

  it('are empty without a second', () => {
    expect(assembleTrial(evidence({ seconds: [] })).intervals).toEqual({
      second: [],
      producers: {},
      consumers: {},
    });
  });
});

describe('faults', () => {
  const at = (seconds: number) => measure + seconds * second;
  const outage = {
    id: 'outage',
    source: 'planned' as const,
    action: 'stop',
    target: 'kafka2',
    resolved: ['kafka2'],
    hits: [],
    incomplete: null,
    planned: at(3),
    started: at(3),
    injected: at(3),
    healing: at(4),
    ended: at(4),
    effective: true,
    observed: 'kafka2 gone from metadata after 500 ms',
    notes: [],
  };
  const faults = { records: [outage], changes: [], topics: new Map([['t-abcd', 't']]) };
  const seconds = Array.from({ length: 10 }, (_, i) => [
    sentSecond(i, 1000, i === 3 ? 900_000 : 5000),
    receivedSecond(i, 1000, i === 4 ? 2.5 * second : 5000),
  ]).flat();
  /** Its only partition was silent for 0.9 s. */
  const acks = [
    {
      topic: 't-abcd',
      partition: 0,
      first: start,
      last: at(9.99),
      gaps: Float64Array.of(at(3.05), at(3.95)),
    },
  ];
  const base = evidence();
  const workers = base.workers.map((worker) =>
    worker.worker === 'producer-1' ? { ...worker, acks } : worker,
  );
  const trialWith = (more: Partial<TrialEvidence>) =>
    assembleTrial(evidence({ seconds, clients: base.clients, ...more }));
  const broken = trialWith({ faults, workers });

  it('are told with what they did and what came after', () => {
    expect(broken.faults).toHaveLength(1);
    expect(broken.faults[0]).toMatchObject({
      started: 3,
      ended: 4,
      watched: 6 * second,
      recovered: 0,
      // The message that came in the fifth second had been due for 2.5 s.
      drained: second,
      partitions: [{ topic: 't', partition: 0 }],
    });
    expect(broken.faults[0]!.partitions[0]!.unavailable).toBeCloseTo(0.9 * second, 3);
    judged(broken);
  });

  it('part the measured phase', () => {
    expect(broken.phases.map(({ name, from, to }) => [name, from, to])).toEqual([
      ['warmup', -5, 0],
      ['measure', 0, 10],
      ['before', 0, 3],
      ['during', 3, 4],
      ['after', 4, 10],
      ['drain', 10, 12],
    ]);
    expect(broken.phases[3]).toMatchObject({
      throughput: { producers: 1000, consumers: 1000 },
      latency: { ack: { count: 1000, max: 900_000 } },
    });
  });

  it('are compared with nothing where the load changes', () => {
    const ramp = scenarioOf(
      'producers: [{ name: writer, topic: t, rate: { from: 1/s, to: 2/s, over: 9s } }]',
    );
    expect(trialWith({ faults, workers, scenario: ramp }).faults[0]).toMatchObject({
      watched: null,
      recovered: null,
    });
  });

  it('leave partitions untold to which a client sent that never reported', () => {
    const gone = producerReport({ index: 2, measured: sends({ attempted: 1, indeterminate: 1 }) });
    const clients = { ...base.clients, producers: [...base.clients.producers, gone] };
    const [fault] = trialWith({ faults, workers, clients }).faults;
    expect(fault!.partitions).toMatchObject([{ topic: 't', unavailable: null }]);
  });

  it('do not drain for a group that does not receive everything, nor for each client on its own', () => {
    const lessThan = (share: number) =>
      seconds.map((each) =>
        each.side === 'producer'
          ? each
          : { ...each, counts: { ...each.counts, received: each.counts.received * share } },
      );
    expect(trialWith({ faults, workers, seconds: lessThan(0.5) }).faults[0]!.drained).toBeNull();
    // Two clients without a group receive everything twice.
    const alone = scenarioOf(`
producers: [{ name: writer, topic: t, rate: 1000/s }]
consumers: [{ name: reader, topic: t, count: 2 }]
`);
    const groups = new Map([['reader', null]]);
    expect(trialWith({ faults, workers, groups, scenario: alone }).faults[0]!.drained).toBeNull();
    const twice = trialWith({ faults, workers, groups, scenario: alone, seconds: lessThan(2) });
    expect(twice.faults[0]!.drained).toBe(second);
  });
});

describe('windows that gates ask for', () => {
  it('are parts of their own, also without faults', () => {
    const scenario = scenarioOf(`
producers: [{ name: writer, topic: t, rate: 1000/s }]
expect: { ack.p99@2s..4s: "<= 1s", throughput: ">= 1/s" }
`);
    const seconds = [1, 2, 3, 4].map((at) => sentSecond(at, 10 * at, 5000));
    const window = assembleTrial(evidence({ scenario, seconds })).phases.filter(
      ({ name }) => name === 'window',
    );
    expect(window).toMatchObject([{ from: 2, to: 4, throughput: { producers: 25 } }]);
    expect(window[0]!.latency.ack!.count).toBe(50);
  });
});
