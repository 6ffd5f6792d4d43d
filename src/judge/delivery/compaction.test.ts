import { describe, expect, it } from 'vitest';
import { Compaction } from './compaction.ts';
import { Findings } from '../../protocol/evidence/findings.ts';
import { emptyEnvelope } from '../../protocol/envelope.ts';
import { Ledgers } from './ledgers.ts';
import { LogAudit } from './log-audit.ts';
import { PartitionTable } from './partition-table.ts';
import { judgeDelivery } from './verdict.ts';

const run = 7;
const topic = 'orders';

interface Case {
  /** The key of each message; message i was acknowledged at offset `begin` + i of partition 0. */
  readonly keys: readonly number[];
  readonly inLog: readonly number[];
  readonly keyLimit?: number;
  readonly tombstones?: readonly number[];
  readonly acks?: 'none' | 'some';
  readonly place?: (sequence: number) => number;
  /** Where logs ended when the run began. */
  readonly begin?: number;
  /** A message that was acknowledged without an offset: somebody else's record is where it was stored. */
  readonly replaced?: number;
}

function judged({ keys, inLog, keyLimit, acks = 'some', place = () => 0, ...more }: Case) {
  const { tombstones = [], begin = 0, replaced } = more;
  const findings = new Findings();
  const ledgers = new Ledgers();
  const ledger = ledgers.open({ producer: 1, incarnation: 0, acks });
  const partitions = new PartitionTable();
  for (const partition of [0, 1]) partitions.indexOf(topic, partition);
  for (let i = 0; i < keys.length; i++) {
    ledger.handedOver(i + 1);
    if (acks === 'none') ledger.acknowledged(i, -1, -1);
    else ledger.acknowledged(i, place(i), i === replaced ? -1 : begin + i);
  }
  const sent = {
    ...{ topic, rule: 'keys', idempotent: true, someTombstones: tombstones.length > 0 },
    isTombstone: (sequence: number) => tombstones.includes(sequence),
    keyHashes: () => (sequence: number) => keys[sequence]!,
  };
  const compaction = new Compaction({
    policies: new Map([[topic, { deleteRetention: 1000, certain: true }]]),
    sent: () => sent,
    // Where there are tombstones their time is up.
    auditedAt: tombstones.length > 0 ? null : 0,
    partitions,
    ...(keyLimit === undefined ? {} : { keyLimit }),
  });
  const audit = new LogAudit({ run, ledgers, groups: [], partitions, findings, order: 'none', compaction });
  for (const partition of [0, 1]) {
    audit.expects(partition);
    for (const sequence of inLog.filter((each) => place(each) === partition)) {
      const envelope = { ...emptyEnvelope(), run, producer: 1, sequence };
      audit.record(partition, begin + sequence, 0, 'ok', envelope, keys[sequence]!);
    }
    if (replaced !== undefined && place(replaced) === partition)
      audit.record(partition, begin + replaced, 0, 'foreign', emptyEnvelope(), -1);
    const last = begin + keys.findLastIndex((_, sequence) => place(sequence) === partition) + 1;
    audit.end(partition, {
      ...{ begin, logStart: 0, position: last, lastStableOffset: last, highWatermark: last },
      ...{ auditedFrom: 0, remade: false },
    });
  }
  const base = { guarantee: 'at-least-once', order: 'none' } as const;
  const { compacted, lost, unaudited, verdict, witnesses, absent, sentUnaudited } = judgeDelivery({
    ...base,
    ...{ ledgers, audit, groups: [], partitions, findings },
  });
  const notes = [...new Set(witnesses.map(({ note }) => note))];
  return { compacted, lost, unaudited, verdict, notes, absent, sentUnaudited };
}

const forgotten = expect.stringContaining('there are more keys than are remembered') as string;

describe('Compaction with more keys than it remembers', () => {
  // Keys 1, 2 and 3 twice each; the log has the last of each, but that of 3.
  const six = { keys: [1, 2, 3, 1, 2, 3], inLog: [3, 4] };

  it('neither calls lost nor compacted what it does not remember', () => {
    expect(judged(six)).toMatchObject({ verdict: 'FAIL', compacted: 2, lost: 2, unaudited: 0 });
    expect(judged({ ...six, inLog: [3, 4, 5] })).toMatchObject({ verdict: 'PASS', compacted: 3 });
    expect(judged({ ...six, keyLimit: 2 })).toMatchObject({ compacted: 2, lost: 2, unaudited: 0 });
    expect(judged({ ...six, inLog: [3, 4, 5], keyLimit: 2 })).toMatchObject({
      ...{ verdict: 'UNKNOWN', compacted: 2, lost: 0, unaudited: 1 },
      notes: [forgotten],
    });
    expect(judged({ ...six, keyLimit: 1 })).toMatchObject({ compacted: 1, lost: 0, unaudited: 3 });
  });

  it('goes on remembering the keys that it has', () => {
    const keys = [1, 1, 2, 1, 1];
    expect(judged({ keys, inLog: [0, 2, 3], keyLimit: 1 })).toMatchObject({ compacted: 1, lost: 1 });
  });

  it('knows of partitions whose keys had room what it knew', () => {
    const place = (sequence: number) => (sequence < 3 ? 0 : 1);
    const keys = [1, 2, 3, 4, 5, 6];
    expect(judged({ keys, inLog: [0, 1, 3, 4], keyLimit: 2, place })).toMatchObject({
      ...{ lost: 1, unaudited: 1 },
    });
  });

  it('does not call absent what was sent with such a key', () => {
    const sent = { ...six, inLog: [3, 5], acks: 'none' } as const;
    expect(judged(sent)).toMatchObject({ absent: 2, sentUnaudited: 2 });
    expect(judged({ ...sent, keyLimit: 1 })).toMatchObject({
      absent: 0,
      sentUnaudited: 4,
      notes: expect.arrayContaining([forgotten]) as string[],
    });
  });

  it('remembers as many messages without a value that are gone', () => {
    const gone = { keys: [1, 2, 1, 2, 3], inLog: [4], tombstones: [2, 3] };
    expect(judged(gone)).toMatchObject({ verdict: 'PASS', compacted: 4 });
    expect(judged({ ...gone, keyLimit: 1 })).toMatchObject({
      ...{ verdict: 'UNKNOWN', compacted: 2, lost: 0, unaudited: 2, notes: [forgotten] },
    });
  });
});

describe('Compaction and what was in the log before the run', () => {
  it('takes no offset below the run’s part for a tombstone that is gone', () => {
    const cutOff = { keys: [1, 2, 3], inLog: [0, 2], tombstones: [2], replaced: 1 };
    expect(judged(cutOff)).toMatchObject({ verdict: 'FAIL', lost: 1, unaudited: 0 });
    expect(judged({ ...cutOff, begin: 5 })).toMatchObject({ verdict: 'FAIL', lost: 1, unaudited: 0 });
    const hole = { ...cutOff, inLog: [2], begin: 5, keys: [-1, 2, 3] };
    expect(judged(hole)).toMatchObject({ lost: 2, unaudited: 0 });
  });
});
