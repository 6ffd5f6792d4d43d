import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codes, recordKinds, type EvidenceRecord } from '../../../protocol/evidence/record.ts';
import { SEGMENT_HEADER_BYTES } from '../../../protocol/evidence/segment.ts';
import { damage, evidenceDirectory, manifestOf, writeEvidence } from './evidence.case.ts';
import { judgeEvidence } from './judge-evidence.ts';
import { writeManifest, type EvidenceManifest } from './manifest.ts';

let directory: string;
beforeEach(() => (directory = evidenceDirectory()));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

type Records = readonly Partial<EvidenceRecord>[];

const client = { client: 1, part: 0 };
const opened = { ...client, kind: recordKinds.opened, code: codes.opened.acksSome };
const ended = (attempted: number) => ({ ...client, kind: recordKinds.ended, sequence: attempted });
const acked = (sequence: number, offset: number, count = 1) => ({
  ...{ ...client, kind: recordKinds.sends, code: codes.sends.confirmed, partition: 0 },
  ...{ sequence, offset, count, time: 5_000_000 },
});
const inLog = (sequence: number, offset: number, count = 1) => ({
  ...{ ...client, kind: recordKinds.log, code: codes.log.ok, partition: 0, sequence, offset, count },
});
const range = { kind: recordKinds.logRange, partition: 0, offset: 0 };
const end = (offset: number, partition = 0) => ({
  ...{ kind: recordKinds.logEnd, partition, offset, sequence: offset, time: offset },
});

const event = (kind: EvidenceRecord['kind'], time: number, more: Partial<EvidenceRecord> = {}) => ({
  ...{ kind, partition: 0, time, client: 0, part: 0 },
  ...more,
});
const { assigned, revoked, processed, committed } = recordKinds;

/** Ten messages, acknowledged, in the log, processed and committed: each part of it may be replaced. */
const producer: Records = [opened, acked(0, 0, 10), ended(10)];
const member: Records = [
  event(assigned, 1),
  event(processed, 2, { offset: 0, count: 10 }),
  event(committed, 3, { offset: 10 }),
  event(revoked, 4),
];
const audit: Records = [range, inLog(0, 0, 10), range, end(10)];

const files = {
  producers: [{ name: 'producer-1.0.kbev', ended: true }],
  members: [{ name: 'member-0.kbev', ended: true }],
  audit: { name: 'audit.kbev', ended: true },
};
const groups = [{ name: 'g', topics: [0], backlog: 'owed' as const }];

interface MadeUp {
  readonly producer?: Records;
  /** One list a member. */
  readonly members?: readonly Records[];
  readonly audit?: Records | null;
  readonly manifest?: Partial<EvidenceManifest>;
  /** After all has been written. */
  readonly harm?: () => void;
}

async function judged(made: MadeUp = {}) {
  const { members = [member] } = made;
  writeEvidence(directory, 'producer-1.0.kbev', made.producer ?? producer);
  members.forEach((records, i) => writeEvidence(directory, `member-${i}.kbev`, records));
  if (made.audit !== null) writeEvidence(directory, 'audit.kbev', made.audit ?? audit);
  const manifest = manifestOf({
    groups,
    files: {
      ...files,
      members: members.map((_, i) => ({ name: `member-${i}.kbev`, ended: true })),
      audit: made.audit === null ? null : files.audit,
    },
    ...made.manifest,
  });
  writeManifest(directory, manifest);
  made.harm?.();
  return judgeEvidence(directory);
}

const flip = (name: string, record: number) => () =>
  damage(directory, name, (bytes) => {
    bytes[SEGMENT_HEADER_BYTES + record * 48 + 12]! ^= 1;
    return bytes;
  });

describe('judgeEvidence', () => {
  it('passes a run of which everything is told and everything is there', async () => {
    expect(await judged()).toMatchObject({
      ...{ guarantee: 'at-least-once', order: 'partition', audit: 'full', verdict: 'PASS', reasons: [] },
      ...{ attempted: 10, acked: 10, present: 10, lost: 0, unaudited: 0, anomalies: {}, witnesses: [] },
      coverage: { partitions: 1, partitionsRead: 1, records: 10, acked: 10, tail: false },
      groups: [{ name: 'g', expected: 10, processed: 10, undelivered: 0 }],
      evidence: basename(directory),
    });
  });

  describe('of what was sent at acks=0 and is not there', () => {
    const sent = {
      ...{ ...client, kind: recordKinds.sends, code: codes.sends.confirmed, partition: -1, offset: -1 },
      ...{ sequence: 0, count: 10 },
    };
    const opened = { ...client, kind: recordKinds.opened, code: codes.opened.acksNone };
    const two = { topics: [{ name: 'orders', begins: [0, 0] }], groups: [] };
    /** Four of ten are in partition 0; of partition 1 three records have been removed. */
    const removed: Records = [
      ...[range, inLog(0, 0, 4), end(4)],
      ...[{ ...range, partition: 1, offset: 3 }, end(6, 1)],
    ];
    const sendingTo = (partition: number): EvidenceManifest['producers'][number] => ({
      ...{ producer: 1, incarnation: 0, topic: 0, partition, name: 'writer', client: 0, of: 1, seed: 1 },
      ...{ key: { kind: 'none' }, tombstones: 0, idempotent: false },
    });
    const judgedSent = (manifest: Partial<EvidenceManifest>, audit: Records = removed) =>
      judged({
        ...{ producer: [opened, sent, ended(10)], members: [], audit },
        manifest: { guarantee: 'at-most-once', ...two, ...manifest },
      });

    it('says that nobody can tell where records of the run were removed from a partition it may be in', async () => {
      for (const producers of [[], [sendingTo(-1)]]) {
        expect(await judgedSent({ producers })).toMatchObject({
          ...{ sent: 10, present: 4, absent: 0, sentUnaudited: 6, unaudited: 0, verdict: 'UNKNOWN' },
          reasons: ['sent-unaudited: 6'],
        });
      }
    });

    it('calls it absent where all partitions that it may be in hold all that the run put there', async () => {
      const elsewhere = [sendingTo(0)];
      expect(await judgedSent({ producers: elsewhere })).toMatchObject({
        ...{ absent: 6, sentUnaudited: 0, verdict: 'PASS' },
      });
      const whole: Records = [range, inLog(0, 0, 4), end(4), { ...range, partition: 1 }, end(0, 1)];
      expect(await judgedSent({}, whole)).toMatchObject({ absent: 6, sentUnaudited: 0, verdict: 'PASS' });
    });

    it('says that nobody can tell where a partition was not read to its end', async () => {
      const short: Records = [range, inLog(0, 0, 4), { ...end(4), sequence: 9, time: 9 }, end(0, 1)];
      expect(await judgedSent({}, short)).toMatchObject({ absent: 0, sentUnaudited: 6, verdict: 'UNKNOWN' });
    });
  });

  describe('of a topic that was deleted and made again', () => {
    /** Six of ten went with the old topic; a member had committed there, and began the new one from its beginning. */
    const topics = [{ name: 'orders', begins: [0], changes: [{ id: 'b', partitions: 1, after: 0.0025 }] }];
    const audit: Records = [range, inLog(6, 0, 4), range, end(4)];
    const producer: Records = [opened, acked(0, 0, 6), acked(6, 0, 4), ended(10)];
    const before = [
      event(assigned, 1),
      event(processed, 2, { offset: 0, count: 6 }),
      event(committed, 2, { offset: 6 }),
    ];

    it('tells apart what was lost with the old one, and nothing of the group’s order', async () => {
      const member = [
        ...[...before, event(committed, 3, { offset: 6 })],
        ...[event(processed, 4, { offset: 0, count: 4 }), event(committed, 5, { offset: 4 })],
      ];
      expect(await judged({ producer, members: [member], audit, manifest: { topics } })).toMatchObject({
        ...{ verdict: 'FAIL', acked: 10, present: 4, lost: 6, unaudited: 0, anomalies: { lost: 6 } },
        groups: [{ expected: 4, processed: 4, undelivered: 0, redelivered: 0 }],
        reasons: [
          'lost: 6',
          'topic orders was deleted and made again: what g processed before and after it looks the same',
        ],
      });
    });

    it('takes what was processed in the old one for nothing of the new one', async () => {
      expect(await judged({ producer, members: [before], audit, manifest: { topics } })).toMatchObject({
        anomalies: { lost: 6, unattributed: 4 },
        groups: [{ expected: 4, processed: 0, undelivered: 4 }],
      });
    });

    it('calls all lost that went with a topic that is gone, and audits the others', async () => {
      const gone = [{ name: 'orders', begins: [0, 0], changes: [{ id: null, partitions: 0, after: 0 }] }];
      const manifest = { groups: [], topics: [...gone, { name: 'others', begins: [0] }] };
      const rest: Records = [
        { ...range, topic: 1 },
        { ...end(0), topic: 1 },
      ];
      expect(await judged({ members: [], audit: rest, manifest })).toMatchObject({
        ...{ verdict: 'FAIL', acked: 10, present: 0, lost: 10, unaudited: 0, reasons: ['lost: 10'] },
        coverage: { partitions: 3, partitionsRead: 3 },
      });
    });
  });

  describe('of a group that somebody else uses', () => {
    const place = { topic: 0, partition: 0 };
    const member = { clientId: 'theirs', host: '/10.0.0.7', partitions: [place] };
    const sharedBy = (others: NonNullable<EvidenceManifest['groups'][number]['others']>) => ({
      manifest: { groups: [{ ...groups[0]!, others }] },
    });
    /** It was away while somebody processed 4 to 6. */
    const away = [
      ...[
        event(assigned, 1),
        event(processed, 2, { offset: 0, count: 4 }),
        event(committed, 3, { offset: 4 }),
      ],
      ...[event(revoked, 4), event(assigned, 5), event(processed, 6e9, { offset: 7, count: 3 })],
    ];

    it('says who it was, and that nobody knows of what it had', async () => {
      const others = { members: [member], commits: [] };
      expect(await judged({ members: [away], ...sharedBy(others) })).toMatchObject({
        ...{ verdict: 'UNKNOWN', anomalies: { unattributed: 3 } },
        reasons: [
          'unattributed: 3',
          'group g: client theirs at /10.0.0.7, which is not of this run, had orders/0',
        ],
        groups: [{ expected: 10, processed: 7, undelivered: 3, undecided: 3, sharedPartitions: 1 }],
      });
      expect(await judged({ members: [away] })).toMatchObject({ verdict: 'FAIL' });
    });

    it('says so too where everything came, and does not judge the order of commits', async () => {
      const others = { members: [member], commits: [] };
      const again = [
        ...away,
        event(processed, 7, { offset: 0, count: 10 }),
        event(committed, 8, { offset: 2 }),
      ];
      expect(await judged({ members: [again], ...sharedBy(others) })).toMatchObject({
        ...{ verdict: 'UNKNOWN', anomalies: {}, groups: [{ processed: 10, undelivered: 0 }] },
      });
    });

    it.each([
      ['that no member had come to', { offset: 7, at: 3, processed: 7 }, true],
      ['that a member requested', { offset: 4, at: 3, processed: 4 }, false],
      ['that a member had come to', { offset: 3, at: 3, processed: 3 }, false],
      ['that a member came to much later', { offset: 10, at: 3, processed: 10 }, true],
      ['that went back while nobody was there', { offset: 2, at: 3, processed: -1 }, true],
    ])('takes a commit %s for what it is', async (_, commit, isForeign) => {
      const others = { members: [], commits: [{ ...place, ...commit }] };
      const { verdict, reasons } = await judged({ members: [away], ...sharedBy(others) });
      expect(verdict).toBe(isForeign ? 'UNKNOWN' : 'FAIL');
      expect(reasons.includes('group g: somebody else committed in orders/0')).toBe(isForeign);
    });

    it('names a partition once, whichever of its commits are somebody else’s', async () => {
      const at = (offset: number) => ({ ...place, offset, at: 3, processed: offset });
      const others = { members: [], commits: [at(4), at(7), at(9)] };
      const { reasons } = await judged({ members: [away], ...sharedBy(others) });
      expect(reasons).toContain('group g: somebody else committed in orders/0');
    });
  });

  it('owes a client without a group no partitions that were added since', async () => {
    const topics = [{ name: 'orders', begins: [0, 0] }];
    const groups = [{ name: 'g', topics: [0], assigned: [1], backlog: 'owed' as const }];
    const more: Records = [opened, acked(0, 0, 10), { ...acked(10, 0), partition: 1 }, ended(11)];
    const both: Records = [
      ...audit,
      { ...range, partition: 1 },
      { ...inLog(10, 0), partition: 1 },
      end(1, 1),
    ];
    const made = { producer: more, audit: both };
    expect(await judged({ ...made, manifest: { topics, groups } })).toMatchObject({
      ...{ verdict: 'PASS', groups: [{ expected: 10, processed: 10 }] },
    });
    expect(await judged({ ...made, manifest: { topics } })).toMatchObject({
      ...{ verdict: 'FAIL', groups: [{ expected: 11, undelivered: 1 }] },
    });
  });

  it('fails one that lost a message, and names it with the time of its acknowledgement', async () => {
    const result = await judged({ audit: [range, inLog(0, 0, 6), inLog(7, 7, 3), range, end(10)] });
    expect(result).toMatchObject({
      ...{ verdict: 'FAIL', reasons: ['lost: 1'], acked: 10, present: 9, lost: 1 },
      witnesses: [
        {
          ...{ kind: 'lost', producer: 1, incarnation: 0, sequence: 6 },
          acked: { topic: 'orders', partition: 0, offset: 6, at: 5000 },
        },
      ],
    });
  });

  it('fails one whose group never got a message', async () => {
    const members = [[event(assigned, 1), event(processed, 2, { offset: 0, count: 8 })]];
    expect(await judged({ members })).toMatchObject({
      ...{ verdict: 'FAIL', reasons: ['delivery-loss: 2'] },
      groups: [{ name: 'g', expected: 10, processed: 8, undelivered: 2 }],
    });
    expect(
      await judged({ members, manifest: { groups: [{ ...groups[0]!, backlog: 'excused' }] } }),
    ).toMatchObject({ verdict: 'PASS', groups: [{ undelivered: 0, excused: 2 }] });
  });

  describe('with dead letters', () => {
    const deadLetters = [{ name: 'dead', begins: [0] }];
    const letter = (sequence: number, offset: number, more: Partial<EvidenceRecord> = {}) => ({
      ...{ ...client, kind: recordKinds.deadLetter, code: codes.deadLetter.ok, partition: 0 },
      ...{ sequence, offset, value: 0, stride: 0, count: 0, time: 4 },
      ...more,
    });
    const letterEnd = (position: number, of: number, logStart = 0) => ({
      ...{ kind: recordKinds.deadLetterEnd, stride: 0, count: 0 },
      ...{ offset: position, sequence: of, time: logStart },
    });
    const members = [
      [
        event(assigned, 1),
        event(processed, 2, { offset: 0, count: 9 }),
        event(recordKinds.deadLettered, 3, { offset: 9 }),
        event(committed, 4, { offset: 10 }),
      ],
    ];
    const judgedWith = (...found: Records) =>
      judged({ members, audit: [...found, ...audit], manifest: { deadLetters } });

    it('counts those that lead to their originals', async () => {
      expect(await judgedWith(letter(9, 9), letterEnd(5, 5))).toMatchObject({
        ...{ verdict: 'PASS', anomalies: {} },
        groups: [{ expected: 10, processed: 9, undelivered: 0, deadLettered: 1 }],
      });
    });

    it('does not take a consumer’s word for one that is not there', async () => {
      expect(await judgedWith(letterEnd(5, 5))).toMatchObject({
        ...{ verdict: 'FAIL', reasons: ['delivery-loss: 1'] },
        groups: [{ processed: 9, undelivered: 1, deadLettered: 0 }],
        witnesses: [
          { sequence: 9, group: 'g', note: 'said to be dead-lettered, and no dead letter leads to it' },
        ],
      });
    });

    it('names one that leads elsewhere, where it was found', async () => {
      expect(await judgedWith(letter(9, 8), letterEnd(5, 5))).toMatchObject({
        ...{ verdict: 'FAIL', reasons: ['delivery-loss: 1', 'stray-dead-letter: 1'] },
        witnesses: [
          { kind: 'delivery-loss' },
          {
            ...{ kind: 'stray-dead-letter', sequence: 9, group: 'g' },
            place: { topic: 'dead', partition: 0, offset: 4 },
            note: 'a dead letter that points to orders/0@8, where its original is not',
          },
        ],
      });
    });

    it.each([
      ['not at all', []],
      ['not to its end', [letterEnd(4, 5)]],
      ['when some had been deleted', [letterEnd(5, 5, 1)]],
    ])('does not know where their topic was read %s', async (_, found) => {
      expect(await judgedWith(...found)).toMatchObject({
        verdict: 'UNKNOWN',
        reasons: ['delivery-loss: 1', 'dead-letter topic dead: 1 of 1 partitions were not read whole'],
      });
    });
  });

  it('lets readers of uncommitted records see what was aborted, and no others', async () => {
    const { aborted } = codes.transaction;
    const made = {
      producer: [
        { ...opened, code: codes.opened.acksSome | codes.opened.transactional },
        acked(0, 0, 10),
        { ...client, kind: recordKinds.transaction, code: codes.transaction.committed, count: 8 },
        { ...client, kind: recordKinds.transaction, code: aborted, sequence: 8, count: 2 },
        ended(10),
      ],
    };
    expect(await judged(made)).toMatchObject({ verdict: 'PASS', acked: 8, rejected: 2 });
    expect(await judged({ ...made, manifest: { readUncommitted: false } })).toMatchObject({
      verdict: 'FAIL',
      reasons: ['aborted-read: 2'],
    });
  });

  it('counts what a group owes from where the log ended when the run began', async () => {
    const shifted = {
      producer: [opened, acked(0, 100, 10), ended(10)],
      members: [[event(assigned, 1), event(processed, 2, { offset: 100, count: 10 })]],
      audit: [{ ...range, sequence: 100, offset: 90 }, inLog(0, 100, 10), end(110)],
    };
    const manifest = { topics: [{ name: 'orders', begins: [100] }] };
    expect(await judged({ ...shifted, manifest })).toMatchObject({
      verdict: 'PASS',
      groups: [{ expected: 10, processed: 10 }],
    });
    // Of the run, before its beginning: nobody owes that.
    const failed = { ...client, kind: recordKinds.sends, code: codes.sends.failed, sequence: 10 };
    const ahead = {
      ...shifted,
      producer: [opened, acked(0, 100, 10), failed, ended(11)],
      audit: [{ ...range, sequence: 100, offset: 90 }, inLog(10, 95), inLog(0, 100, 10), end(110)],
    };
    expect(await judged({ ...ahead, manifest: { ...manifest, order: 'none' } })).toMatchObject({
      groups: [{ expected: 10, processed: 10, undelivered: 0 }],
    });
    // A group of another topic owes nothing here.
    const elsewhere = {
      topics: [...manifest.topics, { name: 'payments', begins: [] }],
      groups: [{ ...groups[0]!, topics: [1] }],
    };
    expect(await judged({ ...shifted, manifest: elsewhere })).toMatchObject({
      verdict: 'PASS',
      groups: [{ expected: 0 }],
    });
  });

  it('takes the events of members in the order of their times', async () => {
    // The second member got the partition after the first one's commit, or before it.
    const second = (time: number) => [event(assigned, time, { client: 1 }), reprocessed];
    const reprocessed = event(processed, 9, { client: 1, offset: 8, count: 2 });
    expect(await judged({ members: [second(5), member] })).toMatchObject({
      verdict: 'FAIL',
      anomalies: { 'committed-redelivery': 2 },
    });
    expect(await judged({ members: [second(2), member] })).toMatchObject({
      verdict: 'PASS',
      anomalies: { redelivery: 2 },
    });
  });

  it('holds the run against its own guarantee', async () => {
    const twice = [range, inLog(0, 0, 10), inLog(9, 10), end(11)];
    const processedAll = [[event(assigned, 1), event(processed, 2, { offset: 0, count: 11 })]];
    const made = { audit: twice, members: processedAll };
    expect(await judged(made)).toMatchObject({ verdict: 'PASS', anomalies: { duplicate: 1 } });
    expect(
      await judged({ ...made, manifest: { guarantee: 'exactly-once', readUncommitted: false } }),
    ).toMatchObject({ guarantee: 'exactly-once', verdict: 'FAIL', reasons: ['duplicate: 1'] });
    expect(await judged({ ...made, manifest: { guarantee: 'none' } })).toMatchObject({ verdict: 'NONE' });
  });

  it('tells the seconds of duplicates and redeliveries where the manifest knows when the measured phase began', async () => {
    const at = (offset: number, time: number) => ({ kind: recordKinds.logTime, partition: 0, offset, time });
    const made = {
      audit: [range, at(0, 1000), inLog(0, 0, 10), at(10, 4600), inLog(8, 10, 2), end(12)],
      members: [[...member.slice(0, 2), event(processed, 7.2e9, { offset: 4, count: 8 })]],
    };
    const measureStart = { monotonic: 2e6, wall: 1500 };
    const seconds = { duplicates: [{ second: 3, count: 2 }], redelivered: [{ second: 5, count: 6 }] };
    expect(await judged({ ...made, manifest: { measureStart } })).toMatchObject({ seconds });
    expect(await judged(made)).not.toHaveProperty('seconds');
    expect(await judged({ ...made, audit: null, manifest: { measureStart } })).not.toHaveProperty('seconds');
  });

  it('is vacuous where nothing was sent, or what was to happen did not', async () => {
    const idle = { producer: [opened, ended(0)], members: [[]], audit: [range, end(0)] };
    expect(await judged(idle)).toMatchObject({ verdict: 'VACUOUS', reasons: ['nothing was sent'] });
    const conditions = [
      { name: 'kill of writer/0', met: true },
      { name: 'kill of reader/0', met: false },
    ];
    expect(await judged({ manifest: { conditions } })).toMatchObject({
      verdict: 'VACUOUS',
      reasons: ['did not happen: kill of reader/0'],
    });
  });

  it('takes what a killed producer had not told for indeterminate', async () => {
    const handedOver = { ...client, kind: recordKinds.sends, code: codes.sends.handedOver, sequence: 12 };
    const killed = [opened, acked(0, 0, 10), handedOver];
    const made = {
      audit: [range, inLog(0, 0, 12), end(12)],
      members: [[event(assigned, 1), event(processed, 2, { offset: 0, count: 12 })]],
      manifest: { files: { ...files, producers: [{ ...files.producers[0]!, ended: false }] } },
      harm: () => writeEvidence(directory, 'producer-1.0.kbev', killed, 'killed'),
    };
    expect(await judged(made)).toMatchObject({
      ...{ verdict: 'PASS', attempted: 13, acked: 10, indeterminate: 3, indeterminatePresent: 2 },
    });
  });
});

describe('judgeEvidence, of an audit that is not whole', () => {
  it('does not know of a partition that the reader says nothing of', async () => {
    const topics = [{ name: 'orders', begins: [0, 50] }];
    expect(await judged({ manifest: { topics } })).toMatchObject({
      verdict: 'UNKNOWN',
      reasons: ['audit incomplete: 1 of 2 partitions'],
      coverage: { partitions: 2, partitionsRead: 1, tail: false },
    });
  });

  it('checks nothing in the log that was not read', async () => {
    expect(await judged({ audit: null })).toMatchObject({
      ...{ verdict: 'NONE', present: null, lost: null, coverage: null },
      ...{ acked: 10, groups: [{ name: 'g', expected: null, processed: 10 }] },
    });
  });

  it('says that it was about tails', async () => {
    const tail = [{ ...range, time: 6 }, inLog(6, 6, 4), { ...range, time: 6 }, end(10)];
    expect(await judged({ audit: tail, manifest: { audit: 'tail' } })).toMatchObject({
      ...{ verdict: 'PASS', audit: 'tail', coverage: { tail: true, acked: 4 } },
    });
  });

  it('does not call lost what a broken file of the audit may have named', async () => {
    // The second record of the file, which names all ten.
    const result = await judged({ harm: flip('audit.kbev', 1) });
    expect(result.verdict).toBe('UNKNOWN');
    expect(result.lost).toBe(10);
    expect(result.reasons).toEqual(['lost: 10', 'audit.kbev: segment 0: records do not match the checksum']);
  });

  it('takes the run’s own word for what is missing', async () => {
    const text = 'the audit ended early: no broker';
    const result = await judged({
      audit: [range, inLog(0, 0, 4)],
      manifest: { damage: [{ part: 'log', text }] },
    });
    expect(result).toMatchObject({ verdict: 'UNKNOWN', lost: 0, unaudited: 6 });
    expect(result.reasons).toContain(text);
  });
});

describe('judgeEvidence, of an audit that did not begin', () => {
  it('says why, and not that its file is missing', async () => {
    const text = 'the audit ended early: there is no topic t';
    const result = await judged({
      audit: null,
      manifest: {
        files: { ...files, audit: { name: 'audit.kbev', ended: false } },
        damage: [{ part: 'log', text }],
      },
    });
    expect(result.verdict).toBe('UNKNOWN');
    expect(result.reasons).toEqual(['unaudited: 10', 'audit incomplete: 1 of 1 partitions', text]);
  });
});

describe('judgeEvidence, of clients’ evidence that is damaged', () => {
  const remove = (name: string) => () => rmSync(join(directory, name));

  it('does not know whether a group got what a missing file of a member may have told', async () => {
    const result = await judged({ harm: remove('member-0.kbev') });
    expect(result).toMatchObject({ verdict: 'UNKNOWN', anomalies: { 'delivery-loss': 10 } });
    expect(result.reasons).toContain('delivery-loss: 10');
    expect(result.reasons.some((reason) => reason.startsWith('member-0.kbev: ENOENT'))).toBe(true);
  });

  it('does not call a phantom what a missing file of a producer may have told', async () => {
    const result = await judged({ harm: remove('producer-1.0.kbev') });
    expect(result).toMatchObject({ verdict: 'UNKNOWN', anomalies: { phantom: 10 } });
  });

  it('still fails for what does not rest on the damaged part', async () => {
    expect(
      await judged({ audit: [range, inLog(0, 0, 9), end(10)], harm: remove('member-0.kbev') }),
    ).toMatchObject({ verdict: 'FAIL', lost: 1 });
  });

  it('misses the end of a file that its writer had ended', async () => {
    const records = [event(assigned, 1), event(processed, 2, { offset: 0, count: 10 })];
    const harm = () => writeEvidence(directory, 'member-0.kbev', records, 'killed');
    expect(await judged({ harm })).toMatchObject({
      verdict: 'UNKNOWN',
      reasons: ['member-0.kbev: its end is missing'],
    });
    const members = [{ name: 'member-0.kbev', ended: false }];
    expect(await judged({ harm, manifest: { files: { ...files, members } } })).toMatchObject({
      verdict: 'PASS',
    });
  });

  it('refuses a directory without a manifest', async () => {
    await expect(judgeEvidence(directory)).rejects.toMatchObject({ code: 'results' });
  });
});
