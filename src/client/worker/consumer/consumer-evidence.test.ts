import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ReceivedMessage } from '../../kafka/binding.ts';
import { recordKinds } from '../../../protocol/evidence/record.ts';
import { ConsumerEvidence } from './consumer-evidence.ts';
import { evidenceDirectory, evidenceIn } from '../evidence-file.case.ts';
import { EvidenceFile } from '../evidence-file.ts';

let directory: string;
beforeEach(() => (directory = evidenceDirectory()));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const { assigned, revoked, processed, committed, broken } = recordKinds;

function message(partition: number, offset: number, more: Partial<ReceivedMessage> = {}): ReceivedMessage {
  return { topic: 'orders', partition, offset, key: null, value: null, size: 0, ...more };
}
const at = (partition: number, offset?: number) => ({
  topic: 'orders',
  partition,
  ...(offset === undefined ? {} : { offset }),
});

function scene() {
  const time = { now: 1000 };
  const file = new EvidenceFile(directory, 'member-5.kbev', 77, 1);
  const identity = { group: 2, member: 5, topics: ['payments', 'orders'] };
  const evidence = new ConsumerEvidence(identity, file, { now: () => time.now });
  const found = () => evidenceIn(join(directory, 'member-5.kbev'));
  return { time, evidence, found, records: () => found().records };
}

describe('ConsumerEvidence', () => {
  it('joins what was processed in a row, each partition on its own', () => {
    const { evidence, records } = scene();
    for (let i = 0; i < 5; i++) {
      evidence.processed(message(0, 10 + i));
      evidence.processed(message(1, 70 + i));
    }
    evidence.flush();
    const one = { kind: processed, topic: 1, client: 5, part: 2, count: 5, time: 1_000_000 };
    expect(records()).toMatchObject([
      { ...one, partition: 0, offset: 10 },
      { ...one, partition: 1, offset: 70 },
    ]);
  });

  it('claims nothing of the offsets between: they were not given to it', () => {
    const { evidence, records } = scene();
    for (const offset of [10, 11, 14, 15, 15, 12]) evidence.processed(message(0, offset));
    evidence.flush();
    expect(records().map(({ offset, count }) => [offset, count])).toEqual([
      [10, 2],
      [14, 2],
      [15, 1],
      [12, 1],
    ]);
  });

  it('begins anew where the leader epoch changes, and does not know it where none is told', () => {
    const { evidence, records } = scene();
    evidence.processed(message(0, 0, { leaderEpoch: 3 }));
    evidence.processed(message(0, 1, { leaderEpoch: 3 }));
    evidence.processed(message(0, 2, { leaderEpoch: 4 }));
    evidence.processed(message(1, 0));
    evidence.flush();
    expect(records().map(({ partition, offset, count, value }) => [partition, offset, count, value])).toEqual(
      [
        [0, 0, 2, 3],
        [0, 2, 1, 4],
        [1, 0, 1, -1],
      ],
    );
  });

  it('has in its file what was flushed, and does not tell it again', () => {
    const { evidence, found, records } = scene();
    evidence.processed(message(0, 0));
    evidence.flush();
    evidence.processed(message(0, 1));
    expect(records().map(({ offset }) => offset)).toEqual([0]);
    evidence.flush();
    evidence.flush();
    expect(records().map(({ offset, count }) => [offset, count])).toEqual([
      [0, 1],
      [1, 1],
    ]);
    expect(found()).toMatchObject({ open: true, damage: [] });
  });

  it('puts what was processed before the rebalance that follows it', () => {
    const { evidence, time, records } = scene();
    evidence.assigned([at(0), at(1)]);
    evidence.processed(message(0, 8));
    time.now = 2000;
    evidence.revoked([at(0), at(1)]);
    evidence.flush();
    const rebalance = { topic: 1, client: 5, part: 2, offset: -1 };
    expect(records()).toMatchObject([
      { ...rebalance, kind: assigned, partition: 0, time: 1_000_000 },
      { ...rebalance, kind: assigned, partition: 1, time: 1_000_000 },
      { kind: processed, offset: 8, time: 2_000_000 },
      { ...rebalance, kind: revoked, partition: 0, time: 2_000_000 },
      { ...rebalance, kind: revoked, partition: 1, time: 2_000_000 },
    ]);
  });

  it('has on record what was processed when a commit is asked for, and the commit when it is confirmed', () => {
    const { evidence, time, records } = scene();
    evidence.processed(message(0, 8));
    time.now = 1500;
    const answered = evidence.committing([at(0, 9), at(1, 4)]);
    expect(records()).toMatchObject([{ kind: processed, offset: 8, time: 1_500_000 }]);
    time.now = 9000;
    evidence.flush();
    expect(records()).toHaveLength(1);
    answered(true);
    evidence.flush();
    expect(records().slice(1)).toMatchObject([
      { kind: committed, partition: 0, offset: 9, time: 1_500_000 },
      { kind: committed, partition: 1, offset: 4, time: 1_500_000 },
    ]);
  });

  it('keeps the order of times where partitions are taken away before the answer comes', () => {
    const { evidence, time, records } = scene();
    const answered = evidence.committing([at(0, 9)]);
    time.now = 2000;
    evidence.revoked([at(0)]);
    evidence.assigned([at(1)]);
    time.now = 3000;
    answered(true);
    evidence.revoked([at(1)]);
    evidence.flush();
    expect(records().map((record) => [record.kind, record.time])).toEqual([
      [committed, 1_000_000],
      [revoked, 2_000_000],
      [assigned, 2_000_000],
      [revoked, 3_000_000],
    ]);
  });

  it('says nothing of a commit that was refused, and goes on', () => {
    const { evidence, records } = scene();
    const answered = evidence.committing([at(0, 9)]);
    evidence.revoked([at(0)]);
    answered(false);
    evidence.processed(message(1, 0));
    evidence.flush();
    expect(records().map(({ kind }) => kind)).toEqual([revoked, processed]);
  });

  it('names each broken message that it was given', () => {
    const { evidence, records } = scene();
    evidence.broken(message(0, 3));
    evidence.flush();
    expect(records()).toMatchObject([
      { kind: broken, topic: 1, partition: 0, offset: 3, count: 1, client: 5, part: 2, time: 1_000_000 },
    ]);
  });

  it('says nothing of topics that the run does not verify', () => {
    const { evidence, records } = scene();
    evidence.assigned([{ topic: 'other', partition: 0 }]);
    evidence.processed(message(0, 1, { topic: 'other' }));
    evidence.broken(message(0, 2, { topic: 'other' }));
    evidence.committing([{ topic: 'other', partition: 0, offset: 3 }])(true);
    evidence.processed(message(0, 1, { topic: 'payments' }));
    evidence.close();
    expect(records()).toMatchObject([{ kind: processed, topic: 0, offset: 1 }]);
  });

  it('is whole when it is closed', () => {
    const { evidence, found } = scene();
    evidence.processed(message(0, 0));
    evidence.close();
    expect(found()).toMatchObject({ open: false, damage: [], records: [{ kind: processed, offset: 0 }] });
  });
});
