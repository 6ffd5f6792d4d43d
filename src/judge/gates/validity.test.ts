import { describe, expect, it } from 'vitest';
import type {
  ConsumerMeasurement,
  MachineMeasurement,
  ProducerMeasurement,
  ValidityInput,
} from './validity-input.ts';
import { invalidating, judge, touches } from './validity.ts';
import { outcomeRules } from './outcome-rules.ts';
import { measurementRules } from './validity-rules.ts';

const producer: ProducerMeasurement = {
  name: 'writer',
  feeds: ['reader'],
  closedLoop: false,
  offered: 1000,
  achieved: 1000,
  scheduleDelayP99: 200,
  ackP99: 4000,
  eventLoopUtilisation: 0.4,
  sources: ['delivery-reports'],
  outcomes: {
    ...{ seconds: 60, fatal: [], throttled: 0, queueFullTime: 0 },
    ...{ attempted: 60_000, counted: false, observed: 60_000, later: 5, refused: 0, unanswered: 0 },
  },
};
const consumer: ConsumerMeasurement = {
  name: 'reader',
  closedLoop: false,
  eventLoopUtilisation: 0.4,
  sources: ['consume-callbacks'],
  limits: { seconds: 60, fatal: [], throttled: null, observed: 60_000, later: 5 },
};
const machine: MachineMeasurement = {
  stealFraction: 0,
  othersFraction: null,
  pressureFraction: null,
  sharedWithBrokers: false,
};
const healthy: ValidityInput = {
  producers: [producer],
  consumers: [consumer],
  histograms: [{ metric: 'ack', negative: 0 }],
  series: [{ metric: 'throughput', values: new Array<number>(60).fill(1000) }],
  openings: [{ metric: 'writer.ack', unit: 'micros', values: new Array<number>(60).fill(4000) }],
  machine,
  stoodStill: [],
  ceiling: 400_000,
  gatedPercentiles: [{ metric: 'ack.p99', beyond: 600 }],
};

/** The codes and severities that a trial gets where it differs from the healthy one in what is given. */
function verdict(change: Partial<ValidityInput>): string[] {
  return judge({ ...healthy, ...change }).reasons.map(({ code, severity }) => `${severity} ${code}`);
}
const withProducer = (change: Partial<ProducerMeasurement>) => ({ producers: [{ ...producer, ...change }] });
const withConsumer = (change: Partial<ConsumerMeasurement>) => ({ consumers: [{ ...consumer, ...change }] });
const withOutcomes = (
  change: Partial<ProducerMeasurement['outcomes']>,
  more: Partial<ProducerMeasurement> = {},
) => withProducer({ ...more, outcomes: { ...producer.outcomes, ...change } });
const withLimits = (change: Partial<ConsumerMeasurement['limits']>) =>
  withConsumer({ limits: { ...consumer.limits, ...change } });
const withMachine = (change: Partial<MachineMeasurement>) => ({ machine: { ...machine, ...change } });
const withSeries = (from: number, to: number) => ({
  series: [
    { metric: 'throughput', values: Array.from({ length: 100 }, (_, i) => from + ((to - from) * i) / 100) },
  ],
});

const withOpening = (first: number, rest: number, unit: 'micros' | 'perSecond' = 'micros') => ({
  openings: [{ metric: 'writer.ack', unit, values: [first, ...new Array<number>(9).fill(rest)] }],
});

/** What differs from the healthy trial, and what it gets for that: each reason provoked, and spared just beside it. */
const rows: readonly [string, Partial<ValidityInput>, string[]][] = [
  ['achieved 99 %', withProducer({ achieved: 990 }), []],
  ['achieved less', withProducer({ achieved: 989.9 }), ['invalid under-offered']],
  [
    'a process that stood still',
    { stoodStill: [{ worker: 'producer-1', micros: 3e6, clients: ['writer'] }] },
    ['invalid stood-still'],
  ],
  ['achieved less in a closed loop', withProducer({ achieved: 10, closedLoop: true }), []],
  ['nothing offered', withProducer({ achieved: 0, offered: 0 }), []],

  ['1 ms late', withProducer({ scheduleDelayP99: 1000 }), []],
  ['over 1 ms late', withProducer({ scheduleDelayP99: 1001 }), ['warn late-schedule']],
  ['10 % of a slow ack', withProducer({ scheduleDelayP99: 2000, ackP99: 20_000 }), []],
  [
    'over 10 % of a slow ack',
    withProducer({ scheduleDelayP99: 2001, ackP99: 20_000 }),
    ['warn late-schedule'],
  ],
  ['5 ms late', withProducer({ scheduleDelayP99: 5000 }), ['warn late-schedule']],
  ['over 5 ms late', withProducer({ scheduleDelayP99: 5001 }), ['invalid late-schedule']],
  ['half of a slow ack', withProducer({ scheduleDelayP99: 10_000, ackP99: 20_000 }), ['warn late-schedule']],
  ['over half of it', withProducer({ scheduleDelayP99: 10_001, ackP99: 20_000 }), ['invalid late-schedule']],
  ['late without acks', withProducer({ scheduleDelayP99: 5001, ackP99: null }), ['invalid late-schedule']],
  ['late in a closed loop', withProducer({ scheduleDelayP99: 1e6, closedLoop: true }), []],
  ['no schedule delay', withProducer({ scheduleDelayP99: null }), []],

  ['loop at 0.9', withProducer({ eventLoopUtilisation: 0.9 }), []],
  ['loop above', withProducer({ eventLoopUtilisation: 0.91 }), ['invalid busy-loop']],
  ['busy, but tapped', withProducer({ eventLoopUtilisation: 1, sources: ['tap'] }), []],
  ['busy in a closed loop', withProducer({ eventLoopUtilisation: 1, closedLoop: true }), []],
  ['busy consumer', withConsumer({ eventLoopUtilisation: 0.91 }), ['invalid busy-loop']],
  ['busy consumer of a closed loop', withConsumer({ eventLoopUtilisation: 0.91, closedLoop: true }), []],

  [
    'two ack sources',
    { producers: [producer, { ...producer, name: 'other', sources: ['tap'] }] },
    ['invalid mixed-sources'],
  ],
  ['two receive sources', withConsumer({ sources: ['tap', 'consume-callbacks'] }), ['invalid mixed-sources']],
  ['one source twice', withProducer({ sources: ['tap', 'tap'] }), []],

  [
    'a negative sample',
    { histograms: [{ metric: 'reader.endToEnd', negative: 1 }] },
    ['invalid negative-time'],
  ],
  ['no negative sample', { histograms: [{ metric: 'reader.endToEnd', negative: 0 }] }, []],

  ['drift of 5 %', withSeries(97.6, 102.4), []],
  ['drift above', withSeries(97, 103), ['warn drift']],
  ['downwards', withSeries(103, 97), ['warn drift']],

  ['a first second of twice the rest', withOpening(8000, 4000), ['warn cold']],
  ['less than twice', withOpening(7999, 4000), []],
  ['less than a millisecond more', withOpening(1999, 1000), []],
  ['half the rate in the first second', withOpening(500, 1000, 'perSecond'), ['warn cold']],
  ['more than half', withOpening(501, 1000, 'perSecond'), []],

  ['steal 10 %', withMachine({ stealFraction: 0.1 }), []],
  ['steal above', withMachine({ stealFraction: 0.11 }), ['warn steal']],
  ['other processes', withMachine({ othersFraction: 0.11 }), ['warn steal']],
  ['waits a quarter of the time', withMachine({ pressureFraction: 0.25 }), []],
  ['waits longer', withMachine({ pressureFraction: 0.26 }), ['warn pressure']],
  [
    'waits in a closed loop',
    { ...withMachine({ pressureFraction: 0.9 }), ...withProducer({ closedLoop: true }) },
    [],
  ],
  ['nothing known', withMachine({ stealFraction: null }), []],
  ['brokers here', withMachine({ sharedWithBrokers: true }), ['warn shared-machine']],
  ['brokers elsewhere', withMachine({ sharedWithBrokers: false }), []],

  ['70 % of the ceiling', { ceiling: 1000 / 0.7 }, []],
  ['above', { ceiling: 1428 }, ['warn near-ceiling']],
  ['above in a closed loop', { ...withProducer({ closedLoop: true }), ceiling: 1000 }, []],
  ['no ceiling known', { ceiling: null }, []],

  ['100 beyond', { gatedPercentiles: [{ metric: 'ack.p999', beyond: 100 }] }, []],
  ['one message cut off', withOutcomes({ unanswered: 1 }), ['invalid cut-off']],
  ['one message refused', withOutcomes({ refused: 1 }), ['warn refused']],
  ['1 % refused', withOutcomes({ refused: 601 }), ['invalid refused']],
  ['a dead producer', withOutcomes({ fatal: ['out of order'] }), ['invalid fatal-error']],
  ['a dead consumer', withLimits({ fatal: ['fenced'] }), ['invalid fatal-error']],
  ['1 % late', withOutcomes({ later: 600 }), []],
  ['more late', withOutcomes({ later: 601 }), ['warn late']],
  ['all late', withOutcomes({ observed: 0, later: 60_000 }), ['warn late']],
  ['late in a closed loop', withOutcomes({ later: 10_000 }, { closedLoop: true }), []],
  ['received late', withLimits({ later: 601 }), ['warn late']],
  ['throttled', withOutcomes({ throttled: 1000 }), ['warn throttled']],
  ['throttled fetches', withLimits({ throttled: 1000 }), ['warn throttled']],
  ['1 % of the time full', withOutcomes({ queueFullTime: 600_000 }), []],
  ['longer full', withOutcomes({ queueFullTime: 600_001 }), ['warn queue-full']],
  ['full in a closed loop', withOutcomes({ queueFullTime: 59e6 }, { closedLoop: true }), []],

  ['99 beyond', { gatedPercentiles: [{ metric: 'ack.p999', beyond: 99 }] }, ['invalid short-tail']],
];

describe('judge', () => {
  it('has nothing against a healthy trial, and a rule for every row', () => {
    expect(judge(healthy)).toEqual({ ok: true, reasons: [] });
    const codes = rows.flatMap(([, , expected]) => expected.map((reason) => reason.split(' ')[1]));
    expect([...measurementRules, ...outcomeRules]).toHaveLength(new Set(codes).size);
  });

  it('gives each reason of the table to a trial that deserves it', () => {
    expect(new Set(rows.flatMap(([, , expected]) => expected))).toEqual(
      new Set([
        'invalid stood-still',
        'invalid under-offered',
        'warn late-schedule',
        'invalid late-schedule',
        'invalid busy-loop',
        'invalid mixed-sources',
        'invalid negative-time',
        'warn drift',
        'warn cold',
        'warn steal',
        'warn pressure',
        'warn shared-machine',
        'warn near-ceiling',
        'invalid short-tail',
        'invalid cut-off',
        'warn refused',
        'invalid refused',
        'invalid fatal-error',
        'warn late',
        'warn throttled',
        'warn queue-full',
      ]),
    );
  });

  it.each(rows)('%s', (_, change, expected) => {
    expect(verdict(change)).toEqual(expected);
    const { ok } = judge({ ...healthy, ...change });
    expect(ok).toBe(!expected.some((reason) => reason.startsWith('invalid')));
  });

  it('touches the metrics of the group, of those that it feeds and the totals, and no others', () => {
    const other = { ...producer, name: 'other', feeds: [] };
    const late = judge({ ...healthy, producers: [{ ...producer, scheduleDelayP99: 9000 }, other] });
    for (const metric of [
      'writer.ack.p99',
      'reader.endToEnd.p999',
      'ack.p50',
      'endToEnd.max',
      'writer.ack.p99@during',
    ]) {
      expect(invalidating(late, metric), metric).toBeDefined();
    }
    for (const metric of [
      'other.ack.p99',
      'writer.serviceAck.p99',
      'throughput',
      'writer.throughput',
      'lost',
    ]) {
      expect(invalidating(late, metric), metric).toBeUndefined();
    }
    const slow = judge({ ...healthy, ...withProducer({ achieved: 1 }) });
    for (const metric of [
      'writer.throughput',
      'bytesPerSecond',
      'writer.serviceAck.p50',
      'reader.throughput',
    ]) {
      expect(invalidating(slow, metric), metric).toBeDefined();
    }
    expect(invalidating(slow, 'lost')).toBeUndefined();
  });

  it('mixed sources touch totals, and groups only where they are mixed themselves', () => {
    const two = judge({
      ...healthy,
      producers: [producer, { ...producer, name: 'other', sources: ['tap'] }],
    });
    expect(two.reasons[0]!.metrics).toEqual(['serviceAck', 'ack', 'transaction']);
    const one = judge({ ...healthy, ...withConsumer({ sources: ['tap', 'consume-callbacks'] }) });
    expect(one.reasons[0]!.metrics).toEqual(['endToEnd', 'reader.endToEnd']);
  });

  it('a short tail touches that percentile alone, a warning invalidates nothing', () => {
    const short = judge({ ...healthy, gatedPercentiles: [{ metric: 'ack.p999', beyond: 3 }] });
    expect([invalidating(short, 'ack.p999'), invalidating(short, 'ack.p99')]).toEqual([
      short.reasons[0],
      undefined,
    ]);
    const warned = judge({ ...healthy, ...withMachine({ sharedWithBrokers: true }) });
    expect(touches(warned.reasons[0]!, 'anything')).toBe(true);
    expect(invalidating(warned, 'ack.p99')).toBeUndefined();
  });

  it('what was cut off touches throughput only where the phase ends with the last message', () => {
    const touched = (counted: boolean) => judge({ ...healthy, ...withOutcomes({ unanswered: 9, counted }) });
    for (const metric of ['ack.p99', 'writer.serviceAck.max', 'reader.endToEnd.p50']) {
      expect(invalidating(touched(false), metric), metric).toBeDefined();
    }
    expect(invalidating(touched(false), 'throughput')).toBeUndefined();
    expect(invalidating(touched(true), 'throughput')).toBeDefined();
    expect(invalidating(touched(true), 'writer.bytesPerSecond')).toBeDefined();
  });

  it('says in numbers and words what is wrong', () => {
    const [reason] = judge({ ...healthy, ...withProducer({ achieved: 500 }) }).reasons;
    expect(reason).toMatchObject({ value: 0.5, threshold: 0.99 });
    expect(reason!.message).toBe(
      'writer sent 500/s of the 1 000/s that were due: the load was not what the scenario says',
    );
  });
});
