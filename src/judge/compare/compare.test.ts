import { describe, expect, it } from 'vitest';
import { runResultOf } from '../../results/sample.case.ts';
import type { RunResult, TrialResult } from '../../results/schema.ts';
import { compareBlocks, compareSamples, type CompareOptions } from './compare.ts';
import { noise, sample, side, turned, writer, type Made } from './sample.case.ts';
import type { Sample } from './sample.ts';
import { comparison } from './schema.ts';

const compared = (base: Sample[], candidate: Sample[], options: CompareOptions = {}) => {
  const result = compareSamples(base, candidate, options);
  expect(comparison.parse(result)).toEqual(result);
  return result;
};

const verdicts = (result: ReturnType<typeof compareSamples>) =>
  Object.fromEntries(
    result.metrics.filter(({ gated }) => gated).map(({ metric, verdict }) => [metric, verdict]),
  );

const invalidAck: TrialResult['validity'] = {
  ok: false,
  reasons: [
    { code: 'late-schedule', severity: 'invalid', metrics: ['ack'], message: 'late', value: 1, threshold: 0 },
  ],
};

describe('what gates by default', () => {
  it('is throughput for a closed loop', () => {
    const result = compared(side(8, { closedLoop: true }), turned(side(8, { closedLoop: true })));
    expect(verdicts(result)).toEqual({ throughput: 'EQUIVALENT' });
    expect(result.metrics.find(({ metric }) => metric === 'serviceAck.p50')).toMatchObject({
      gated: false,
      verdict: null,
    });
  });

  it('is the latency of acknowledgements and the achieved rate for an open one', () => {
    const result = compared(side(8), turned(side(8)));
    expect(verdicts(result)).toEqual({
      'ack.p50': 'EQUIVALENT',
      'ack.p99': 'EQUIVALENT',
      throughput: 'EQUIVALENT',
    });
    expect(result.verdict).toBe('EQUIVALENT');
    expect(result.metrics.map(({ metric, margin }) => [metric, margin?.value]).slice(0, 3)).toEqual([
      ['ack.p50', 0.05],
      ['ack.p99', 0.1],
      ['throughput', 0.05],
    ]);
  });

  it('stands beside all percentiles that results show', () => {
    const { metrics } = compared(side(8), turned(side(8)));
    const shown = metrics.map(({ metric }) => metric).filter((name) => /^(service)?ack\.p/i.test(name));
    const names = ['p50', 'p90', 'p95', 'p99', 'p999'];
    expect(shown.toSorted()).toEqual(
      ['ack', 'serviceAck'].flatMap((name) => names.map((each) => `${name}.${each}`)).toSorted(),
    );
  });

  it('leaves out a percentile that the base has too few samples for, and says so', () => {
    const short = { messages: 2000 };
    const result = compared(side(8, short), turned(side(8, short)));
    expect(Object.keys(verdicts(result))).toEqual(['ack.p50', 'throughput']);
    expect(result.warnings).toContainEqual({
      code: 'not-gated',
      message: 'ack.p99 does not gate: 20 samples lie beyond it, 100 are needed to gate',
    });
  });

  it('is no gate that the base is too short for, also where one of its trials was disturbed', () => {
    const disturbed = sample({ messages: 2000, validity: invalidAck });
    const result = compared([disturbed, ...side(8, { messages: 2000 })], turned(side(9, { messages: 2000 })));
    expect(Object.keys(verdicts(result))).toEqual(['ack.p50', 'throughput']);
  });

  it('does not let a candidate lift a gate', () => {
    const result = compared(side(8), side(8, { messages: 2000 }));
    expect(result.verdict).toBe('INVALID');
    expect(verdicts(result)['ack.p99']).toBe('INVALID');
  });
});

describe('a verdict', () => {
  it('is REGRESSED where latency rises by 15 %', () => {
    const result = compared(side(8), turned(side(8, { latency: 1.15 })));
    expect(result.verdict).toBe('REGRESSED');
    expect(verdicts(result)).toEqual({
      'ack.p50': 'REGRESSED',
      'ack.p99': 'REGRESSED',
      throughput: 'EQUIVALENT',
    });
    const p50 = result.metrics.find(({ metric }) => metric === 'ack.p50')!;
    expect(p50.ratio).toBeCloseTo(1.15, 2);
    expect(p50.interval!.low).toBeGreaterThan(1.1);
    expect(p50.interval!.high).toBeLessThan(1.2);
    expect(result.reasons[0]).toMatch(
      /^ack\.p50 REGRESSED: \+1[45]\.\d %: real, and at least the margin of 5 %$/,
    );
  });

  it('is REGRESSED where throughput falls by 15 %, IMPROVED where it rises', () => {
    const closedLoop = true;
    const fell = compared(side(8, { closedLoop }), turned(side(8, { closedLoop, rate: 4250 })));
    expect(fell.verdict).toBe('REGRESSED');
    expect(fell.metrics[0]!.ratio).toBeCloseTo(0.85, 2);
    expect(fell.metrics[0]!.interval!.high).toBeLessThan(0.9);
    const rose = compared(side(8, { closedLoop }), turned(side(8, { closedLoop, rate: 5800 })));
    expect(rose.verdict).toBe('IMPROVED');
  });

  it('is EQUIVALENT, and says that it is real, where a change is small', () => {
    const result = compared(side(10, {}, 0.1), side(10, { latency: 1.02 }, 0.1));
    const p50 = result.metrics.find(({ metric }) => metric === 'ack.p50')!;
    expect(p50).toMatchObject({ verdict: 'EQUIVALENT', significant: true });
    expect(p50.reason).toBe('+2.0 %: real, and less than the margin of 5 %');
  });

  it('is INCONCLUSIVE in noise, and says what could have been seen and what would tell', () => {
    const result = compared(side(8, {}, 20), turned(side(8, {}, 20)));
    expect(result.verdict).toBe('INCONCLUSIVE');
    const p50 = result.metrics.find(({ metric }) => metric === 'ack.p50')!;
    expect(p50.detectable).toBeGreaterThan(0.2);
    expect(p50.trialsNeeded).toBeGreaterThan(50);
    expect(p50.reason).toMatch(/^could have seen \+\d\d\.\d %; about \d+ trials a side would tell$/);
    const rate = result.metrics.find(({ metric }) => metric === 'throughput')!;
    expect(rate.detectable).toBeLessThan(-0.15);
  });

  it('is none of one trial on each side: there is a ratio', () => {
    const result = compared([sample()], [sample({ latency: 2 })]);
    expect(result.verdict).toBeNull();
    const p50 = result.metrics.find(({ metric }) => metric === 'ack.p50')!;
    expect(p50).toMatchObject({ verdict: null, interval: null, adjustedP: null, trialsNeeded: 5 });
    expect(p50.ratio).toBeCloseTo(2, 2);
    expect(p50.reason).toBe('1 against 1 trial: at least 5 trials a side are needed for a verdict');
  });

  it('needs the whole interval beyond the margin with strict', () => {
    const [base, candidate] = [side(8, {}, 2), turned(side(8, { latency: 1.07 }, 2))];
    expect(compared(base, candidate).verdict).toBe('REGRESSED');
    const strict = compared(base, candidate, { strict: true });
    expect(strict.verdict).toBe('INCONCLUSIVE');
    expect(verdicts(strict)['ack.p50']).toBe('INCONCLUSIVE');
    expect(compared(base, side(8, { latency: 1.5 }, 2), { strict: true }).verdict).toBe('REGRESSED');
  });

  it('takes a margin from the noise floor where that is larger, and says so', () => {
    const noiseFloor = new Map([
      ['ack.p50', 0.25],
      ['ack.p99', 0.02],
    ]);
    const result = compared(side(8), turned(side(8, { latency: 1.15 })), { noiseFloor });
    expect(verdicts(result)).toMatchObject({ 'ack.p50': 'EQUIVALENT', 'ack.p99': 'REGRESSED' });
    expect(result.metrics[0]!.margin).toEqual({ value: 0.25, asked: 0.05, raised: true });
    expect(result.warnings).toContainEqual({
      code: 'noise-floor',
      message:
        'the margin of ack.p50 is raised from 5 % to 25 %: here two runs of the same differ by that much',
    });
  });

  it('is of the gates that are asked for', () => {
    const gates = [{ metric: 'serviceAck.p999', margin: 0.2 }];
    const many = { messages: 200_000, latency: 1 };
    const result = compared(side(6, many), side(6, { ...many, latency: 1.3 }), { gates });
    expect(verdicts(result)).toEqual({ 'serviceAck.p999': 'REGRESSED' });
    expect(() => compareSamples(side(1), side(1), { gates: [{ metric: 'lost', margin: 0.1 }] })).toThrow(
      'lost cannot be compared as a ratio',
    );
    expect(() => compareSamples(side(1), side(1), { gates: [{ metric: 'ack.p98', margin: 0.1 }] })).toThrow(
      'ack needs a statistic',
    );
  });
});

describe('blocks', () => {
  const drift = [1, 1.1, 1.21, 1.33, 1.46, 1.61, 1.77, 1.95];
  const drifting = (latency: number, spread: number) =>
    drift.map((slow, i) =>
      sample({ latency: latency * slow * (1 + spread * noise[i]!), rate: 5000 * (1 + noise[i]! / 10) }),
    );

  it('cancel out what changes from block to block', () => {
    const [base, candidate] = [drifting(1, 1), drifting(1.15, -1)];
    const blocks = base.map((each, i) => ({ base: each, candidate: candidate[i]! }));
    const paired = compareBlocks(blocks);
    expect(paired).toMatchObject({ design: 'paired', verdict: 'REGRESSED' });
    expect(paired.warnings.map(({ code }) => code)).not.toContain('not-interleaved');
    const unpaired = compareSamples(base, candidate);
    expect(unpaired).toMatchObject({ design: 'unpaired', verdict: 'INCONCLUSIVE' });
    expect(unpaired.warnings.map(({ code }) => code)).toContain('not-interleaved');
  });

  it('are found in results of one experiment, whatever the order of files', () => {
    const of = (samples: Sample[], experimentId: string) =>
      samples.map((each, block) => ({
        ...each,
        run: { ...each.run, experimentId },
        trial: { ...each.trial, block },
      }));
    const base = of(drifting(1, 1), 'e1');
    const candidate = of(drifting(1.15, -1), 'e1');
    expect(compareSamples(base, candidate.toReversed())).toMatchObject({
      design: 'paired',
      verdict: 'REGRESSED',
    });
    expect(compareSamples(base, of(drifting(1.15, -1), 'e2')).design).toBe('unpaired');
  });

  it('that are incomplete count for delivery and for nothing else', () => {
    const of = (samples: Sample[]) =>
      samples.map((each, block) => ({
        ...each,
        run: { ...each.run, experimentId: 'e1' },
        trial: { ...each.trial, block },
      }));
    const base = of(side(7));
    const candidate = of([...turned(side(7)), sample({ latency: 99 })]);
    const result = compared(base, candidate);
    expect(result).toMatchObject({ design: 'paired', verdict: 'EQUIVALENT', candidate: { trials: 8 } });
    expect(result.metrics[0]!.candidate.used).toBe(7);
    expect(result.warnings).toContainEqual({
      code: 'incomplete-blocks',
      message: '1 of 15 trials have no partner in their block and do not count for performance',
    });
    const lossy = of([...turned(side(7)), sample({ delivery: { verdict: 'FAIL', reasons: ['lost: 1'] } })]);
    expect(compared(base, lossy).verdict).toBe('FAILED');
  });

  it('are dropped whole where either trial is invalid for a metric', () => {
    const [base, candidate] = [drifting(1, 1), drifting(1.15, -1)];
    candidate[2] = { ...candidate[2]!, trial: { ...candidate[2]!.trial, validity: invalidAck } };
    const blocks = base.map((each, i) => ({ base: each, candidate: candidate[i]! }));
    const result = compareBlocks(blocks);
    const [p50, , rate] = result.metrics;
    expect(p50).toMatchObject({ verdict: 'REGRESSED', base: { used: 7 }, candidate: { used: 7 } });
    expect(p50!.excluded).toEqual([
      { side: 'candidate', trial: candidate[2].file, code: 'late-schedule', message: 'late' },
    ]);
    expect(rate).toMatchObject({ base: { used: 8 }, candidate: { used: 8 } });

    candidate[3] = { ...candidate[3]!, trial: { ...candidate[3]!.trial, validity: invalidAck } };
    const fewer = compareBlocks(base.map((each, i) => ({ base: each, candidate: candidate[i]! })));
    expect(fewer.verdict).toBe('INVALID');
    expect(fewer.metrics[0]!.reason).toBe(
      '6 blocks are left of the 7 that a verdict needs (late-schedule: late)',
    );
  });
});

describe('trials that are invalid for a metric', () => {
  it('are left out, and many of them make it INVALID: what is left is a selection', () => {
    const few = side(10);
    few[0] = sample({ validity: invalidAck, latency: 9 });
    expect(compared(few, side(10)).metrics[0]).toMatchObject({ verdict: 'EQUIVALENT', base: { used: 9 } });
    for (const i of [1, 2, 3]) few[i] = sample({ validity: invalidAck, latency: 9 });
    const result = compared(side(10), few);
    expect(result.metrics[0]).toMatchObject({
      verdict: 'INVALID',
      reason: '4 of 10 trials of the candidate are excluded (late-schedule: late)',
    });
    expect(result.verdict).toBe('INVALID');
  });

  it('leave other metrics alone, and a regression there outranks them', () => {
    const slow = side(8, { rate: 4000, validity: invalidAck });
    const result = compared(side(8), slow);
    expect(verdicts(result)).toEqual({ 'ack.p50': 'INVALID', 'ack.p99': 'INVALID', throughput: 'REGRESSED' });
    expect(result.verdict).toBe('REGRESSED');
  });
});

describe('delivery decides before any latency', () => {
  const lossy: Made = { delivery: { verdict: 'FAIL', reasons: ['lost: 1234'], anomalies: { lost: 1234 } } };

  it('FAILED where one trial of the candidate lost something, however fast it was', () => {
    const candidate = [...side(7, { latency: 0.5 }), sample(lossy)];
    const result = compared(side(8), candidate);
    expect(result.verdict).toBe('FAILED');
    expect(result.reasons).toEqual([
      'delivery FAIL in 1 of 8 trials of the candidate: lost: 1 234',
      'performance does not gate: delivery decides first',
    ]);
    expect(result.metrics.every(({ gated }) => !gated)).toBe(true);
    expect(result.delivery.candidate).toEqual({ verdicts: { PASS: 7, FAIL: 1 }, anomalies: { lost: 1234 } });
  });

  it('INVALID where the base did, and where either could not be judged', () => {
    expect(compared([...side(7), sample(lossy)], side(8, { latency: 2 })).verdict).toBe('INVALID');
    for (const verdict of ['UNKNOWN', 'VACUOUS'] as const) {
      const unsound = [...side(7), sample({ delivery: { verdict } })];
      expect(compared(side(8), unsound).verdict).toBe('INVALID');
      expect(compared(unsound, side(8)).verdict).toBe('INVALID');
    }
  });

  it('INVALID where only the candidate was not checked; where neither was, performance gates', () => {
    const unchecked: Made = { delivery: { verdict: 'NONE' } };
    expect(compared(side(8), side(8, unchecked)).verdict).toBe('INVALID');
    const neither = compared(side(8, unchecked), turned(side(8, unchecked)));
    expect(neither).toMatchObject({ verdict: 'EQUIVALENT', delivery: { gate: 'NOT CHECKED' } });
  });
});

describe('expectations of the candidate', () => {
  const gate = { metric: 'ack.p99', bound: '<= 5ms', value: 9900 };

  it('fail it, or make it invalid where they could not be judged', () => {
    const failing = side(8, { run: { expectations: [{ ...gate, ok: false }] } });
    const result = compared(side(8), failing);
    expect(result.verdict).toBe('FAILED');
    expect(result.reasons[0]).toBe(`expect ack.p99 <= 5ms: FAILED in ${failing[0]!.file} and 7 more`);
    const open = side(8, { run: { expectations: [{ ...gate, ok: null, reason: 'under-offered' }] } });
    expect(compared(side(8), open).verdict).toBe('INVALID');
    expect(compared(failing, side(8)).verdict).toBe('EQUIVALENT');
  });
});

describe('what differs beside', () => {
  const { cluster, environment, scenario } = runResultOf();
  const change = (run: Partial<RunResult>): Made => ({ run });
  const other = {
    scenario: change({
      scenario: { ...scenario, sha256: '01', resolved: { producers: [{ name: 'w', rate: '9/s' }] } },
    }),
    kind: change({ cluster: { ...cluster, kind: 'mock' } }),
    compose: change({ cluster: { ...cluster, kind: 'compose' } }),
    kafka: change({ cluster: { ...cluster, version: '4.2.0' } }),
    librdkafka: change({ environment: { ...environment, librdkafka: '2.99.0' } }),
    machine: change({ environment: { ...environment, cpu: 'another processor' } }),
    cold: {
      trial: { brokerWarmup: { state: 'off', took: 0, settled: null, windows: [] } },
    } satisfies Made,
    unmoved: {
      trial: { brokerWarmup: { state: 'warmed', took: 7e6, settled: false, windows: [null, null] } },
    } satisfies Made,
    format: change({ schemaVersion: '1.0' }),
    acks: {
      trial: { producers: [{ ...writer, ackSource: 'socket-write' }] },
    } satisfies Made,
  };

  it.each([
    ['the scenario', other.scenario, 'scenario', 'scenario producers: (none) / [{"name":"w","rate":"9/s"}]'],
    ['the kind of cluster', other.compose, 'cluster', 'cluster kind: local / compose'],
    [
      'brokers that had not been warmed',
      other.cold,
      'cluster',
      'cluster brokers when measured: unknown / not warmed',
    ],
    [
      'brokers that took no load when they were to be warmed',
      other.unmoved,
      'cluster',
      'cluster brokers when measured: unknown / not warmed',
    ],
    [
      'how acknowledgements were observed',
      other.acks,
      'ack-source',
      'ack-source acknowledgements: delivery-reports / socket-write',
    ],
  ] as const)('is refused, with the difference: %s', (_, made, subject, difference) => {
    const result = compared(side(8), side(8, made));
    expect(result.verdict).toBe('INVALID');
    expect(result.metrics).toEqual([]);
    expect(result.reasons).toEqual([`not comparable: ${difference} (allowed by --subject ${subject})`]);

    const asked = compared(side(8), turned(side(8, made)), { subject: [subject] });
    expect(asked.verdict).not.toBe('INVALID');
    expect(asked.differences.map(({ standing }) => standing)).toEqual(['subject']);
  });

  it.each([
    ['the version of Kafka', other.kafka, 'versions Kafka: 4.3.0 / 4.2.0'],
    [
      'the result format, and with it what throughput is',
      other.format,
      'versions result format: 1.1: throughput is of messages acknowledged in the phase, over its length / 1.0: throughput is of messages due in the phase, over the time until the last of them',
    ],
    ['the version of librdkafka', other.librdkafka, 'versions librdkafka: 2.12.1 / 2.99.0'],
  ] as const)('takes performance alone out of the gate: %s', (_, made, difference) => {
    const result = compared(side(8), side(8, { ...made, latency: 1.5 }));
    expect(result.verdict).toBeNull();
    expect(result.reasons).toEqual([
      'performance does not gate: the sides ran on different versions; compare both on one (ab), or allow it: --subject versions where it is what you compare, --allow-env-diff where it is noise',
    ]);
    expect(
      result.differences.map((each) => `${each.kind} ${each.what}: ${each.base} / ${each.candidate}`),
    ).toEqual([difference]);
    const lossy = sample({ ...made, delivery: { verdict: 'FAIL', reasons: ['lost: 1'] } });
    expect(compared(side(8), [...side(7, made), lossy]).verdict).toBe('FAILED');
    const asked = compared(side(8), turned(side(8, made)), { subject: ['versions'] });
    expect(asked.verdict).not.toBeNull();
    expect(asked.differences.map(({ standing }) => standing)).toEqual(['subject']);
  });

  it('is not that brokers were warmed for one run and still warm for the next', () => {
    const after = (state: 'warmed' | 'remembered'): Made => ({
      trial: { brokerWarmup: { state, took: 4e6, settled: true, windows: [9, 9] } },
    });
    const warm = turned(side(8, after('remembered')));
    expect(compared(side(8, after('warmed')), warm).differences).toEqual([]);
  });

  it('is refused whatever is asked where a mock is to stand for Kafka', () => {
    const result = compared(side(8), side(8, other.kind), { subject: ['cluster', 'versions'] });
    expect(result.verdict).toBe('INVALID');
    expect(result.reasons[0]).toBe('not comparable: cluster kind: local / mock');
  });

  it('is refused whatever is asked where one side differs from itself', () => {
    const mixed = [...side(4), ...side(4, other.acks)];
    const result = compared(side(8), mixed, { subject: ['ack-source'] });
    expect(result.reasons).toEqual([
      'not comparable: ack-source acknowledgements: delivery-reports / delivery-reports | socket-write',
    ]);
    const versions = [...side(4), ...side(4, other.librdkafka)];
    expect(compared(side(8), versions, { subject: ['versions'] }).verdict).toBeNull();
  });

  it('takes performance out of the gate on another machine, unless that is allowed or asked', () => {
    const slow = { ...other.machine, latency: 1.5 };
    const result = compared(side(8), side(8, slow));
    expect(result.verdict).toBeNull();
    expect(result.reasons).toEqual([
      'performance does not gate: the sides ran on different machines; compare both on one (ab), or allow it: --subject machine where it is what you compare, --allow-env-diff where it is noise',
    ]);
    expect(result.metrics.length).toBeGreaterThan(0);
    expect(compared(side(8), side(8, slow), { allowEnvironmentDifferences: true }).verdict).toBe('REGRESSED');
    expect(compared(side(8), side(8, slow), { subject: ['machine'] }).verdict).toBe('REGRESSED');
  });

  it('still lets delivery and expectations fail on another machine', () => {
    const lossy = sample({ ...other.machine, delivery: { verdict: 'FAIL', reasons: ['lost: 1'] } });
    expect(compared(side(8), [...side(7, other.machine), lossy]).verdict).toBe('FAILED');
  });

  it('is allowed between versions with allowEnvironmentDifferences, and is named', () => {
    const result = compared(side(8), turned(side(8, other.kafka)), { allowEnvironmentDifferences: true });
    expect(result.verdict).toBe('EQUIVALENT');
    expect(result.differences).toEqual([
      { kind: 'versions', what: 'Kafka', base: '4.3.0', candidate: '4.2.0', standing: 'allowed' },
    ]);
  });

  it('does not matter in what is no load: description, gates, seed', () => {
    const described = {
      run: {
        scenario: {
          ...scenario,
          sha256: '02',
          resolved: { description: 'other', expect: { lost: 0 }, seed: 3 },
        },
      },
    };
    expect(compared(side(8), turned(side(8, described))).differences).toEqual([]);
  });
});

describe('trials', () => {
  it('of runs that did not end are never left out in silence', () => {
    const broken = sample({
      run: { outcome: { state: 'failed', phase: 'measure', reason: 'a worker died' } },
    });
    const result = compared(side(8), [...side(7), broken]);
    expect(result.verdict).toBe('INVALID');
    expect(result.reasons[0]).toBe(`${broken.file} failed in measure: a worker died`);
  });

  it('count once', () => {
    const [one] = side(1);
    expect(() => compareSamples([one!, one!], side(2))).toThrow('is given twice as base');
    expect(compared([one!], [one!]).warnings.map(({ code }) => code)).toContain('same-run');
  });

  it('have to be there', () => {
    expect(() => compareSamples([], side(2))).toThrow('the base has no trial to compare');
  });

  it('carry their own doubts to the comparison', () => {
    const reason = {
      severity: 'warn',
      metrics: [],
      message: 'brokers run here',
      value: 1,
      threshold: 0,
    } as const;
    const shared = { ok: true, reasons: [{ ...reason, metrics: [], code: 'shared-machine' }] };
    const result = compared(side(8, { validity: shared }), side(8));
    expect(result.warnings).toContainEqual({
      code: 'shared-machine',
      message: 'brokers run here (8 of 16 trials)',
    });
  });
});
