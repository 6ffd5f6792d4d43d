import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { outcomeOf } from './check.ts';
import { fault, madeUp, messages, type MadeUp } from './made-up.case.ts';
import type { Observed } from './observed.ts';
import { rows } from './rows.ts';

const rowOf = (name: string) => rows.find((row) => row.name === name)!;
const judged = (name: string, run: MadeUp) => outcomeOf(rowOf(name).checks(madeUp(run)));

test.each(rows)(
  '$name has a scenario, and says what would fail it',
  ({ name, predicted, because, fails }) => {
    expect(existsSync(new URL(`./rows/${name}.yaml`, import.meta.url))).toBe(true);
    for (const text of [predicted, because, fails]) expect(text).not.toBe('');
  },
);

const lostWitness = { kind: 'lost', acked: { topic: 'ledger', partition: 0, offset: 6, at: 1 } };
const truncated = {
  acked: [...messages(0, 10), ...messages(10, 14, 6)],
  stored: [...messages(0, 6), ...messages(10, 14, 6, 1)],
};
const damage = { guarantee: 'none', verdict: 'NONE' } as const;

/** A run of each row as theory has it. */
const predicted: Readonly<Record<string, MadeUp>> = {
  stop: {},
  kill: {},
  pause: {},
  rolling: {},
  acks1: {
    delivery: { ...damage, lost: 4, anomalies: { lost: 4 }, witnesses: [lostWitness] },
    faults: [fault('freeze'), fault('crash')],
    log: truncated,
  },
  acks0: {
    delivery: { ...damage, acked: 0, sent: 1000, absent: 3, present: 997 },
    faults: [fault('crash', {}, { unavailable: null })],
  },
  'swallowed-responses': { delivery: { ...damage, anomalies: { duplicate: 5 } } },
  'swallowed-responses-idempotent': {},
  'min-isr': {
    faults: [
      fault('first', { injected: 4, healing: 20, ended: 25 }, { unavailable: 13e6 }),
      fault('second', { injected: 9, healing: 18, ended: 24 }, { unavailable: 13e6 }),
    ],
    errors: [{ code: 'NOT_ENOUGH_REPLICAS', phase: 'measure', scope: 'impatient', count: 50 }],
    producers: [
      { name: 'patient', attempted: 600, acked: 600 },
      { name: 'impatient', attempted: 100, acked: 50 },
    ],
    intervals: settledAt({ 8: 10, 9: 3, 18: 2, 26: 600 }),
  },
  'delivery-timeout': {
    delivery: { guarantee: 'at-least-once', indeterminate: 40 },
    errors: [{ code: '_MSG_TIMED_OUT', phase: 'measure', scope: 'writer', count: 40 }],
  },
  unclean: {
    delivery: { ...damage, lost: 4, anomalies: { lost: 4 } },
    faults: [fault('alone'), fault('disk')],
    log: truncated,
  },
  'many-in-flight': { delivery: { ...damage, anomalies: { reorder: 7, duplicate: 1 } } },
  'one-in-flight': { delivery: { ...damage, anomalies: { duplicate: 1 } } },
};

function settledAt(counts: Readonly<Record<number, number>>): Observed['intervals'] {
  const second = Array.from({ length: 30 }, (_, i) => i);
  return { second, producers: { patient: { settled: second.map((i) => counts[i] ?? 0) } }, consumers: {} };
}

const withDelivery = (name: string, delivery: MadeUp['delivery']): MadeUp => ({
  ...predicted[name],
  delivery: { ...predicted[name]!.delivery, ...delivery },
});

/** The run that theory predicts, with one fault or one of its partitions otherwise. */
const withFaults = (
  name: string,
  change: Parameters<typeof fault>[1],
  on: Parameters<typeof fault>[2] = {},
): MadeUp => ({
  ...predicted[name],
  faults: (predicted[name]!.faults ?? [fault('outage')]).map((each) => ({
    ...each,
    ...change,
    partitions: each.partitions.map((partition) => ({ ...partition, ...on })),
  })),
});

describe.each(rows)('$name', ({ name }) => {
  test('passes as predicted', () => {
    expect(judged(name, predicted[name]!)).toBe('PASS');
  });

  test('is VACUOUS where a fault had no effect', () => {
    expect(judged(name, withFaults(name, { effective: false }))).toBe('VACUOUS');
  });

  test('is VACUOUS where the audit did not read everything', () => {
    expect(judged(name, withDelivery(name, { unaudited: 1 }))).toBe('VACUOUS');
    expect(judged(name, withDelivery(name, { coverage: null }))).toBe('VACUOUS');
  });

  test('is VACUOUS where nothing was sent', () => {
    expect(judged(name, withDelivery(name, { acked: 0, sent: 0 }))).toBe('VACUOUS');
  });

  test('is VACUOUS where something else broke the cluster', () => {
    const faults = [
      ...(predicted[name]!.faults ?? [fault('outage')]),
      fault('observed-kafka3', { source: 'observed' }),
    ];
    expect(judged(name, { ...predicted[name], faults })).toBe('VACUOUS');
  });

  test('fails on an anomaly that it does not predict', () => {
    const { anomalies } = madeUp(predicted[name]).delivery;
    expect(judged(name, withDelivery(name, { anomalies: { ...anomalies, phantom: 1 } }))).toBe('FAIL');
  });
});

describe.each(['stop', 'kill', 'pause', 'rolling'])('%s', (name) => {
  test('fails on a loss, a duplicate, a message out of order, a failed verdict', () => {
    expect(judged(name, { delivery: { lost: 1 } })).toBe('FAIL');
    expect(judged(name, { delivery: { lost: null } })).toBe('FAIL');
    expect(judged(name, { delivery: { anomalies: { duplicate: 1 } } })).toBe('FAIL');
    expect(judged(name, { delivery: { anomalies: { reorder: 1 } } })).toBe('FAIL');
    expect(judged(name, { delivery: { verdict: 'FAIL' } })).toBe('FAIL');
    expect(judged(name, { delivery: { verdict: 'HANG' } })).toBe('FAIL');
  });

  test('fails on a loss also where nobody felt the fault', () => {
    expect(judged(name, { ...withFaults(name, {}, { unavailable: 0 }), delivery: { lost: 1 } })).toBe('FAIL');
  });

  test('is VACUOUS where nobody felt the fault, no leader moved, or nothing was judged', () => {
    expect(judged(name, withFaults(name, {}, { unavailable: 0 }))).toBe('VACUOUS');
    // Between two batches.
    expect(judged(name, withFaults(name, {}, { unavailable: 6e4 }))).toBe('VACUOUS');
    expect(judged(name, withFaults(name, {}, { leaders: [] }))).toBe('VACUOUS');
    expect(judged(name, { delivery: { verdict: 'UNKNOWN' } })).toBe('VACUOUS');
    expect(judged(name, { delivery: { verdict: 'VACUOUS' } })).toBe('VACUOUS');
  });
});

test.each(['kill', 'pause'])('%s fails where the gap is shorter than a session can be', (name) => {
  expect(judged(name, withFaults(name, {}, { unavailable: 3e6 }))).toBe('FAIL');
});

test('acks1 fails where nothing is lost, the loss is no suffix, or nobody names it', () => {
  expect(judged('acks1', withDelivery('acks1', { lost: 0 }))).toBe('FAIL');
  expect(judged('acks1', withDelivery('acks1', { witnesses: [] }))).toBe('FAIL');
  const log = { acked: messages(0, 14), stored: [...messages(0, 6), ...messages(10, 14)] };
  expect(judged('acks1', { ...predicted['acks1'], log })).toBe('FAIL');
  expect(judged('acks1', { ...predicted['acks1'], log: { acked: [], stored: [] } })).toBe('FAIL');
});

test('acks1 is VACUOUS where the follower never led', () => {
  expect(judged('acks1', { ...withFaults('acks1', {}, { leaders: [] }), delivery: { lost: 0 } })).toBe(
    'VACUOUS',
  );
});

test('acks0 fails where nothing is absent, or something counts as acked', () => {
  expect(judged('acks0', withDelivery('acks0', { absent: 0 }))).toBe('FAIL');
  expect(judged('acks0', withDelivery('acks0', { acked: 1 }))).toBe('FAIL');
});

test('swallowed responses: without a duplicate FAIL, without a wait VACUOUS, with a loss FAIL', () => {
  const name = 'swallowed-responses';
  expect(judged(name, withDelivery(name, { anomalies: {} }))).toBe('FAIL');
  expect(judged(name, withFaults(name, {}, { unavailable: 0 }))).toBe('VACUOUS');
  expect(judged(name, withDelivery(name, { lost: 1 }))).toBe('FAIL');
  expect(judged(`${name}-idempotent`, { delivery: { anomalies: { duplicate: 1 } } })).toBe('FAIL');
  expect(judged(`${name}-idempotent`, withFaults(`${name}-idempotent`, {}, { unavailable: 0 }))).toBe(
    'VACUOUS',
  );
});

describe('min-isr', () => {
  const name = 'min-isr';
  test('fails on an acknowledgement while two are down', () => {
    expect(judged(name, { ...predicted[name], intervals: settledAt({ 12: 1, 26: 600 }) })).toBe('FAIL');
    expect(judged(name, withFaults(name, {}, { unavailable: 4e6 }))).toBe('FAIL');
  });

  test('fails without a refusal by name, a patient client that gives up, or service after', () => {
    expect(judged(name, { ...predicted[name], errors: [] })).toBe('FAIL');
    const producers = [{ name: 'patient', attempted: 600, acked: 599 }];
    expect(judged(name, { ...predicted[name], producers })).toBe('FAIL');
    expect(judged(name, { ...predicted[name], intervals: settledAt({ 8: 10 }) })).toBe('FAIL');
  });

  test('is VACUOUS where two were not down at once', () => {
    expect(judged(name, withFaults(name, { injected: 17 }))).toBe('VACUOUS');
    expect(judged(name, withFaults(name, { injected: null }))).toBe('VACUOUS');
  });
});

test('delivery-timeout fails where nothing is given up or something counts as lost, and needs the outage', () => {
  const name = 'delivery-timeout';
  expect(judged(name, withDelivery(name, { indeterminate: 0 }))).toBe('FAIL');
  expect(judged(name, { ...predicted[name], errors: [] })).toBe('FAIL');
  expect(judged(name, withDelivery(name, { lost: 1 }))).toBe('FAIL');
  expect(judged(name, withFaults(name, {}, { unavailable: 1e6 }))).toBe('VACUOUS');
});

test('unclean fails where nothing is lost or the epoch stays, and needs an in-sync set of one', () => {
  const name = 'unclean';
  expect(judged(name, withDelivery(name, { lost: 0 }))).toBe('FAIL');
  expect(judged(name, { ...predicted[name], log: { acked: [], stored: messages(0, 9) } })).toBe('FAIL');
  const falling = [...messages(0, 3, 0, 2), ...messages(3, 6, 3, 1)];
  expect(judged(name, { ...predicted[name], log: { acked: [], stored: falling } })).toBe('FAIL');
  expect(judged(name, withFaults(name, {}, { isrShrunk: null }))).toBe('VACUOUS');
});

test('in flight: many must reorder, one must not, and one must have waited', () => {
  expect(judged('many-in-flight', withDelivery('many-in-flight', { anomalies: {} }))).toBe('FAIL');
  expect(judged('many-in-flight', withDelivery('many-in-flight', { lost: 1 }))).toBe('FAIL');
  expect(judged('one-in-flight', withDelivery('one-in-flight', { anomalies: { reorder: 1 } }))).toBe('FAIL');
  expect(judged('one-in-flight', withFaults('one-in-flight', {}, { unavailable: 2e5 }))).toBe('VACUOUS');
});
