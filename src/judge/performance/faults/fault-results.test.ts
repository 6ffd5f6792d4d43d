import { describe, expect, it } from 'vitest';
import type { SeenChange } from '../../../cluster/faults/observe.ts';
import type { FaultRecord } from '../../../protocol/fault-record.ts';
import { receivedSecond, sentSecond } from '../../../trial/evidence.case.ts';
import { faultResults, type FaultEvidence } from './fault-results.ts';
import { faultSpan, type Silences } from './fault-span.ts';

const second = 1e6;
/** The measured phase of every run here begins at 100 s of the clock. */
const start = 100 * second;
const at = (seconds: number): number => start + seconds * second;

const record = (more: Partial<FaultRecord> = {}): FaultRecord => ({
  id: 'outage',
  source: 'planned',
  action: 'stop',
  target: 'kafka2',
  resolved: ['kafka2'],
  hits: [],
  incomplete: null,
  planned: at(10),
  started: at(10.1),
  injected: at(10.5),
  healing: at(20.5),
  ended: at(21),
  effective: true,
  observed: 'kafka2 gone from metadata after 400 ms',
  notes: [],
  ...more,
});

const byHand = (more: Partial<FaultRecord> = {}): FaultRecord =>
  record({ id: 'observed-kafka2', source: 'observed', planned: null, healing: null, ...more });

const leader = (
  seconds: number,
  partition: number,
  from: number,
  to: number,
  fault: string | null = 'outage',
): SeenChange => ({ kind: 'leader', topic: 'orders', partition, from, to, at: at(seconds), fault });

const inSync = (
  seconds: number,
  partition: number,
  from: readonly number[],
  to: readonly number[],
  fault: string | null = 'outage',
): SeenChange => ({ kind: 'in-sync', topic: 'orders', partition, from, to, at: at(seconds), fault });

const everyone = [1, 2, 3];
const none: Silences = new Map();
const withoutTwo = [1, 3];

/** 30 s of 100 messages a second; partition 1 acknowledged nothing from 10.2 s to 11.25 s. */
function evidence(more: Partial<FaultEvidence> = {}): FaultEvidence {
  const silences = (...own: readonly (readonly [from: number, to: number])[]) => [
    { from: -Infinity, to: at(-5) },
    ...own.map(([from, to]) => ({ from: at(from), to: at(to) })),
    { from: at(30), to: Infinity },
  ];
  return {
    records: [record()],
    changes: [
      inSync(10.6, 0, everyone, withoutTwo),
      leader(10.6, 1, 2, 3),
      inSync(10.6, 1, everyone, withoutTwo),
      inSync(24, 0, withoutTwo, everyone),
      leader(26, 1, 3, 2),
    ],
    topics: new Map([['orders-0badcafe', 'orders']]),
    silences: [
      { topic: 'orders-0badcafe', partition: 1, silences: silences([10.2, 11.25], [24, 27]) },
      { topic: 'orders-0badcafe', partition: 0, silences: silences([2, 4]) },
    ],
    untold: new Set(),
    sending: { from: at(0), to: at(30) },
    evenUntil: at(30),
    seconds: Array.from({ length: 30 }, (_, i) => sentSecond(i, 100, i > 10 && i < 23 ? 90_000 : 5000)),
    readers: [],
    measureStart: start,
    ...more,
  };
}

describe('a planned fault', () => {
  const [result] = faultResults(evidence());

  it('is dated in seconds of the measured phase', () => {
    expect(result).toMatchObject({ id: 'outage', source: 'planned', planned: 10, resolved: ['kafka2'] });
    expect(result!.started).toBeCloseTo(10.1, 9);
    expect(result!.ended).toBeCloseTo(21, 9);
  });

  it('tells of each partition what clients and metadata saw, under the name of the scenario', () => {
    const [zero, one] = result!.partitions;
    expect(result!.partitions).toHaveLength(2);
    expect(zero).toMatchObject({ topic: 'orders', partition: 0, unavailable: 0, leaders: [] });
    expect([zero!.isrShrunk, zero!.isrFull]).toEqual([10.6, 24]);
    expect(zero!.detected).toBeCloseTo(500_000, 3);
    // The silence after the end of the fault is none of it.
    expect(one!.unavailable).toBeCloseTo(1_050_000, 3);
    expect(one!.leaders).toEqual([
      { at: 10.6, from: 2, to: 3 },
      { at: 26, from: 3, to: 2 },
    ]);
    expect([one!.isrShrunk, one!.isrFull]).toEqual([10.6, null]);
  });

  it('is over when rate and p99 are what they were', () => {
    expect(result!.recovered).toBeCloseTo(2 * second, 3);
    expect(result!.watched).toBeCloseTo(9 * second, 3);
    expect(result!.drained).toBeNull();
  });

  it('is compared with nothing where the load changes, or where nothing was before', () => {
    const nothing = { watched: null, recovered: null, drained: null };
    expect(faultResults(evidence({ evenUntil: null }))[0]).toMatchObject(nothing);
    expect(faultResults(evidence({ records: [record({ started: at(2) })] }))[0]).toMatchObject(nothing);
  });

  it('says nothing of what comes after it where it lasts or did nothing', () => {
    const nothing = { watched: null, recovered: null, drained: null };
    expect(faultResults(evidence({ records: [record({ ended: null })] }))[0]).toMatchObject(nothing);
    expect(faultResults(evidence({ records: [record({ effective: false })] }))[0]).toMatchObject(nothing);
  });

  it('that never fired has no partitions', () => {
    const waiting = record({ started: null, injected: null, ended: null, effective: false });
    expect(faultResults(evidence({ records: [waiting] }))[0]).toMatchObject({
      started: null,
      partitions: [],
    });
  });

  it('drains when consumers have caught up', () => {
    const readers = [{ consumers: ['reader'], producers: ['writer'], copies: 1 }];
    const received = Array.from({ length: 30 }, (_, i) =>
      receivedSecond(i, 100, i > 11 && i < 25 ? 6e6 : 5000),
    );
    const all = [...evidence().seconds, ...received];
    expect(faultResults(evidence({ readers, seconds: all }))[0]!.drained).toBeCloseTo(4 * second, 3);
  });
});

describe('partitions', () => {
  const partitions = (more: Partial<FaultEvidence>) => faultResults(evidence(more))[0]!.partitions;

  it('are unavailable to the end of sending where acknowledgements did not come back', () => {
    const silences = [{ topic: 'orders-0badcafe', partition: 0, silences: [{ from: at(11), to: Infinity }] }];
    expect(partitions({ silences, changes: [] })[0]!.unavailable).toBeCloseTo(19 * second, 3);
    const lasting = [record({ ended: null })];
    expect(partitions({ records: lasting, silences, changes: [] })[0]!.unavailable).toBeCloseTo(19e6, 3);
  });

  it('that acknowledged nothing show what changed, and no availability', () => {
    expect(
      partitions({ silences: [] }).map(({ partition, unavailable }) => [partition, unavailable]),
    ).toEqual([
      [0, null],
      [1, null],
    ]);
  });

  it('have no availability where a client was killed before it could tell what it was acknowledged', () => {
    expect(partitions({ untold: new Set(['orders']) })[1]!.unavailable).toBeNull();
    expect(partitions({ untold: new Set(['other']) })[1]!.unavailable).not.toBeNull();
  });

  it('show only what this fault did', () => {
    const second = record({ id: 'second', started: at(25) });
    const changes = [leader(10.6, 0, 2, 3), leader(25.5, 0, 3, 1, 'second')];
    const [one, two] = faultResults(evidence({ records: [record(), second], changes }));
    expect(one!.partitions[0]!.leaders).toEqual([{ at: 10.6, from: 2, to: 3 }]);
    expect(two!.partitions[0]!.leaders).toEqual([{ at: 25.5, from: 3, to: 1 }]);
  });
});

describe('an observed fault', () => {
  const changes = [
    leader(0.2, 0, 3, 2, null),
    leader(12, 1, 2, 3, 'observed-kafka2'),
    inSync(15.5, 1, everyone, withoutTwo, 'observed-kafka2'),
    inSync(24, 1, withoutTwo, everyone, 'observed-kafka2'),
  ];
  const seen = byHand({ started: at(15.5), injected: at(15.5) });
  const [result] = faultResults(evidence({ records: [seen], changes }));

  it('takes what changed shortly before its broker was missed', () => {
    const [zero, one] = result!.partitions;
    expect(zero!.leaders).toEqual([]);
    expect(one).toMatchObject({
      leaders: [{ at: 12, from: 2, to: 3 }],
      isrShrunk: 15.5,
      isrFull: 24,
      detected: 0,
    });
  });

  it('began half a second before the first sign of it', () => {
    expect(faultSpan([seen], changes, none)).toEqual({ from: at(11.5), to: at(21) });
    // So that it covers the silence until 11.6 s.
    const silent = { topic: 'orders-0badcafe', partition: 1, silences: [{ from: at(10.6), to: at(11.6) }] };
    const [covered] = faultResults(evidence({ records: [seen], changes, silences: [silent] }));
    expect(covered!.partitions[0]!.unavailable).toBeCloseTo(second, 3);
  });

  it('takes nothing that a planned fault explains', () => {
    const explained = changes.map((change) => ({ ...change, fault: 'outage' }));
    expect(
      faultResults(evidence({ records: [seen], changes: explained }))[0]!.partitions[1]!.leaders,
    ).toEqual([]);
    expect(faultSpan([seen], [], none)).toEqual({ from: at(15), to: at(21) });
  });
});

describe('a fault that metadata alone showed', () => {
  const down = byHand({ action: 'down', started: at(20), injected: at(20), ended: at(28) });
  const gone = [
    inSync(19.4, 0, everyone, withoutTwo, 'observed-kafka2'),
    leader(19.4, 1, 2, 3, 'observed-kafka2'),
    inSync(19.4, 1, everyone, withoutTwo, 'observed-kafka2'),
  ];
  const silentSince = (partition: number, from: number, to: number, ...usual: [number, number][]) => ({
    topic: 'orders-0badcafe',
    partition,
    silences: [[-Infinity, -5], ...usual, [from, to], [30, Infinity]].map(([a, b]) => ({
      from: at(a!),
      to: at(b!),
    })),
  });
  const result = (...silences: FaultEvidence['silences']) =>
    faultResults(evidence({ records: [down], changes: gone, silences }))[0]!;

  it('began when acknowledgements fell silent, not when the session ended', () => {
    const found = result(silentSince(0, 10.3, 19.1), silentSince(1, 10.2, 19.2));
    expect(found.started).toBeCloseTo(10.3, 6);
    expect(found.injected).toBeCloseTo(10.3, 6);
    expect(found.partitions.map(({ unavailable }) => unavailable! / 1e6)).toEqual([
      expect.closeTo(8.8, 6),
      expect.closeTo(9, 6),
    ]);
    expect(found.partitions[0]!.detected! / 1e6).toBeCloseTo(9.1, 6);
    const silences = new Map([['orders/0', silentSince(0, 10.3, 19.1).silences]]);
    expect(faultSpan([down], gone, silences)).toEqual({ from: at(10.3), to: at(28) });
  });

  it('is not dated by a partition that is seldom written to', () => {
    const seldom = silentSince(1, 12, 19.2, [0, 4], [4, 8], [8, 12]);
    expect(result(seldom).started).toBeCloseTo(19.4, 6);
    expect(result(silentSince(0, 10.3, 19.1), seldom).started).toBeCloseTo(10.3, 6);
  });

  it('is not dated by short or older silences, nor by other partitions', () => {
    expect(result(silentSince(0, 18.7, 19.3)).started).toBeCloseTo(19.4, 6);
    expect(result(silentSince(0, 3, 12)).started).toBeCloseTo(19.4, 6);
    expect(result(silentSince(7, 10.3, 19.1)).started).toBeCloseTo(19.4, 6);
    expect(result().started).toBeCloseTo(19.4, 6);
  });
});

describe('two faults that overlap', () => {
  it('see the in-sync set full again when it is, whichever brought the last replica back', () => {
    const first = record({ started: at(3), ended: at(14) });
    const second = record({ id: 'second', started: at(5), ended: at(8), resolved: ['kafka3'] });
    const changes = [
      inSync(3.5, 0, [1, 2, 3], [1, 3]),
      inSync(5.5, 0, [1, 3], [1], 'second'),
      inSync(9, 0, [1], [1, 3], 'second'),
      inSync(16, 0, [1, 3], [1, 2, 3]),
    ];
    const [one, two] = faultResults(evidence({ records: [first, second], changes }));
    expect([one!.partitions[0]!.isrShrunk, one!.partitions[0]!.isrFull]).toEqual([3.5, 16]);
    expect([two!.partitions[0]!.isrShrunk, two!.partitions[0]!.isrFull]).toEqual([5.5, 9]);
    const later = [
      changes[0]!,
      changes[1]!,
      inSync(9, 0, [1], [1, 2]),
      inSync(16, 0, [1, 2], [1, 2, 3], 'second'),
    ];
    const [outlasted] = faultResults(evidence({ records: [first, second], changes: later }));
    expect(outlasted!.partitions[0]!.isrFull).toBe(16);
  });
});

describe('the span of faults', () => {
  it('is from the first to the end of the last, and open where one lasts', () => {
    const later = record({ started: at(15), ended: at(18) });
    expect(faultSpan([later, record()], [], none)).toEqual({ from: at(10.1), to: at(21) });
    expect(faultSpan([record(), record({ started: at(15), ended: null })], [], none)).toEqual({
      from: at(10.1),
      to: Infinity,
    });
  });

  it('does not count what never fired or did nothing', () => {
    const nothing = [record({ started: null, ended: null }), record({ effective: false, ended: null })];
    expect(faultSpan(nothing, [], none)).toBeNull();
    expect(faultSpan([...nothing, record()], [], none)).toEqual({ from: at(10.1), to: at(21) });
  });
});
