import { describe, expect, it } from 'vitest';
import { auditedDelivery, trialResult } from '../results/sample.case.ts';
import type { DeliveryResult } from '../results/schema.ts';
import { renderDelivery } from './delivery.ts';
import type { Paint } from './paint.ts';
import { witnessLine } from './witness-line.ts';

type Witness = DeliveryResult['witnesses'][number];

const at = (partition: number, offset: number) => ({ topic: 'orders-0badcafe', partition, offset });
const acked = (partition: number, offset: number) => ({ ...at(partition, offset), at: 12_345_678.9 });
const message = (sequence: number) => ({ producer: 0, incarnation: 1, sequence });
const evidence = '20260304T050607Z-orders-0badcafe.evidence';
const group = auditedDelivery().groups[0]!;
const unaudited = trialResult().delivery;

const pass = auditedDelivery({ evidence, foreign: 3, anomalies: { redelivery: 12, reorder: 4 } });

const fail = auditedDelivery({
  guarantee: 'exactly-once',
  order: 'partition',
  verdict: 'FAIL',
  reasons: ['lost: 5', 'reorder: 1', 'delivery-loss: 1000', 'unaudited: 2', 'did not happen: kafka2 stopped'],
  attempted: 75_010,
  indeterminate: 10,
  indeterminatePresent: 4,
  present: 74_993,
  lost: 5,
  unaudited: 2,
  anomalies: { lost: 5, reorder: 1, 'delivery-loss': 1000, redelivery: 7 },
  groups: [
    { ...group, expected: 74_993, processed: 73_993, undelivered: 1000 },
    { ...group, name: 'others', expected: 74_993, processed: 70_000, deadLettered: 93, excused: 4900 },
  ],
  witnesses: [
    ...[4711, 4712, 4713, 4714, 4715].map((sequence): Witness => ({
      kind: 'lost',
      ...message(sequence),
      acked: acked(1, sequence - 11),
      neighbours: [{ sequence: sequence - 1, outcome: 'acked', inLog: true, acked: at(1, sequence - 12) }],
      note: 'read orders-0badcafe/1 up to 24997',
    })),
    { kind: 'reorder', ...message(90), place: at(0, 100), acked: acked(0, 100), previous: 91 },
    { kind: 'redelivery', group: 'readers', member: 2, place: at(2, 17), count: 7 },
    {
      kind: 'unaudited',
      ...message(3),
      acked: acked(2, 1),
      note: 'the log begins at 2 now: deleted before the audit',
    },
  ],
  evidence,
});

const unknown = auditedDelivery({
  verdict: 'UNKNOWN',
  reasons: ['unread: 40', 'audit incomplete: 1 of 3 partitions'],
  present: 50_000,
  unaudited: 25_000,
  anomalies: { unread: 40 },
  coverage: { partitions: 3, partitionsRead: 2, records: 50_000, acked: 50_000, tail: false },
  groups: [{ ...group, expected: 50_000, processed: 49_960, undelivered: 40 }],
  witnesses: [{ kind: 'unread', group: 'readers', ...message(8), place: at(0, 9), acked: acked(0, 9) }],
  evidence,
});

const hang = auditedDelivery({
  verdict: 'HANG',
  reasons: ['hang: 12', 'unaudited: 11'],
  present: 74_989,
  unaudited: 11,
  anomalies: { hang: 12 },
  coverage: { partitions: 1, partitionsRead: 0, records: 74_989, acked: 74_989, tail: false },
  witnesses: [
    {
      kind: 'hang',
      place: at(0, 74_989),
      note: 'the last stable offset stays at 74989, below the high watermark 75001',
    },
  ],
});

const vacuous = auditedDelivery({
  verdict: 'VACUOUS',
  reasons: ['nothing was sent'],
  attempted: 0,
  acked: 0,
  present: 0,
  coverage: { partitions: 3, partitionsRead: 3, records: 0, acked: 0, tail: false },
  groups: [],
});

const acksNone = auditedDelivery({
  guarantee: 'none',
  verdict: 'NONE',
  attempted: 1010,
  acked: 0,
  sent: 1000,
  rejected: 10,
  present: 990,
  absent: 10,
  anomalies: { duplicate: 1 },
  groups: [],
  witnesses: [{ kind: 'duplicate', ...message(5), place: at(0, 8) }],
});

const tail = auditedDelivery({
  audit: 'tail',
  present: 10_000,
  unaudited: 65_000,
  coverage: { partitions: 3, partitionsRead: 3, records: 10_012, acked: 10_000, tail: true },
  foreign: 12,
});

const shared = auditedDelivery({
  verdict: 'UNKNOWN',
  reasons: [
    'unattributed: 300',
    'group readers: client console-consumer at /10.0.0.7, which is not of this run, had orders-0badcafe/2',
  ],
  anomalies: { unattributed: 300 },
  groups: [
    { ...group, processed: group.processed - 300, undelivered: 300, undecided: 300, sharedPartitions: 1 },
  ],
  evidence,
});

const cases: Record<string, DeliveryResult> = {
  pass,
  shared,
  fail,
  unknown,
  hang,
  vacuous,
  'not-judged': acksNone,
  'not-checked': { ...unaudited, reasons: ['envelope none'] },
  tail,
};

const mark = (name: string) => (text: string) => `<${name}>${text}</${name}>`;
const marks: Paint = {
  bold: mark('bold'),
  dim: mark('dim'),
  good: mark('good'),
  bad: mark('bad'),
  warn: mark('warn'),
};

describe('renderDelivery', () => {
  it.each(Object.entries(cases))('%s', async (name, delivery) => {
    const lines = renderDelivery(delivery);
    // `npx vitest run src/report -u` writes the files anew.
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`./golden/delivery-${name}.txt`);
    // Deeper are witnesses, whose length is that of names.
    for (const line of lines.filter((each) => !each.startsWith('    ') && !each.startsWith('  group '))) {
      expect(Array.from(line).length, line).toBeLessThanOrEqual(80);
    }
    const painted = renderDelivery(delivery, marks).join('\n');
    expect(painted.replaceAll(/<\/?\w+>/g, '')).toBe(lines.join('\n'));
  });

  it.each([
    ['PASS', '<good>PASS</good>'],
    ['FAIL', '<bad>FAIL</bad>'],
    ['HANG', '<bad>HANG</bad>'],
    ['UNKNOWN', '<warn>UNKNOWN</warn>'],
    ['VACUOUS', '<warn>VACUOUS</warn>'],
  ] as const)('paints %s', (verdict, painted) => {
    expect(renderDelivery(auditedDelivery({ verdict }), marks)[0]).toBe(
      `delivery  ${painted}  at-least-once`,
    );
  });

  it('paints what decided it in the colour of the verdict, and what is allowed in none', () => {
    const lines = renderDelivery(fail, marks);
    expect(lines).toContain('  <bad>5 lost</bad>');
    expect(lines).toContain('  <bad>did not happen: kafka2 stopped</bad>');
    expect(lines).toContain('  <dim>7 redelivery, allowed</dim>');
    expect(renderDelivery(unknown, marks)).toContain('  <warn>40 unread</warn>');
  });

  it('says that nobody looked, and why where it is known', () => {
    expect(renderDelivery({ ...unaudited, reasons: ['audit off'] })).toEqual([
      'delivery  not checked: audit off',
    ]);
    expect(renderDelivery(unaudited)).toEqual(['delivery  not checked']);
  });

  it('shows without an audit how sends ended where not all went well, and what consumers saw', () => {
    const seen = {
      ...unaudited,
      attempted: 100,
      acked: 97,
      rejected: 1,
      indeterminate: 2,
      foreign: 4,
      anomalies: { corrupt: 3 },
      reasons: ['envelope none'],
    };
    expect(renderDelivery(seen, marks)).toEqual([
      '<dim>delivery  not checked: envelope none</dim>',
      '  100 attempted = 97 acked + <bad>1 rejected</bad> + <bad>2 indeterminate</bad>',
      '  <warn>4 received that are not of this run</warn>',
      '  <bad>3 corrupt</bad>',
    ]);
  });

  it('can fail on what groups show although nothing read the log', () => {
    const failed = {
      ...unaudited,
      verdict: 'FAIL' as const,
      reasons: ['commit-regression: 1'],
      anomalies: { 'commit-regression': 1 },
    };
    expect(renderDelivery(failed)).toEqual([
      'delivery  FAIL  at-least-once',
      '  75 000 attempted = 75 000 acked',
      '  the log was not audited',
      '  1 commit-regression',
    ]);
  });

  it('breaks a sum that gets too long, and loses none of it', () => {
    const count = 123_456_789;
    const huge = auditedDelivery({
      attempted: 4 * count,
      acked: count,
      sent: count,
      rejected: count,
      indeterminate: count,
      indeterminatePresent: count,
    });
    const lines = renderDelivery(huge);
    expect(lines.slice(1, 3)).toEqual([
      '  493 827 156 attempted = 123 456 789 acked + 123 456 789 sent',
      '    + 123 456 789 rejected + 123 456 789 indeterminate (123 456 789 in the log)',
    ]);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('rounds a share of the tail neither to nothing nor to all', () => {
    const share = (read: number, all = 1_000_000) =>
      renderDelivery(
        auditedDelivery({
          acked: all,
          coverage: { partitions: 1, partitionsRead: 1, records: read, acked: read, tail: true },
        }),
      )
        .find((line) => line.includes('%'))!
        .trim();
    expect(share(1)).toBe('0.1 % of what was acked');
    expect(share(999_999)).toBe('99.9 % of what was acked');
    expect(share(123_456)).toBe('12.3 % of what was acked');
    expect(share(1_000_000)).toBe('100 % of what was acked');
  });
});

describe('witnessLine', () => {
  it.each<[string, Omit<Witness, 'kind'>]>([
    ['producer 2.0 #0', { producer: 2, incarnation: 0, sequence: 0 }],
    [
      'producer 0.1 #7 at orders-0badcafe/0@5, as acked',
      { ...message(7), place: at(0, 5), acked: acked(0, 5) },
    ],
    [
      'producer 0.1 #7 at orders-0badcafe/0@6, acked at orders-0badcafe/0@5',
      { ...message(7), place: at(0, 6), acked: acked(0, 5) },
    ],
    ['producer 0.1 #7, acked at orders-0badcafe/0@?', { ...message(7), acked: acked(0, -1) }],
    [
      'at orders-0badcafe/1@9, member 3 of group readers, after 12',
      { group: 'readers', member: 3, place: at(1, 9), previous: 12 },
    ],
    [
      'at orders-0badcafe/1@9: leader epoch 3 after 4',
      { place: at(1, 9), previous: 4, note: 'leader epoch 3 after 4' },
    ],
    ['nothing but words', { note: 'nothing but words' }],
  ])('%s', (line, witness) => expect(witnessLine({ kind: 'lost', ...witness })).toBe(line));
});
