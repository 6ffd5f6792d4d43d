import { describe, expect, it } from 'vitest';
import type { KafkaError, TopicPartition } from '../../kafka/binding.ts';
import { Committer } from './committer.ts';
import type { CommitSpec } from '../../../protocol/plan.ts';

function scene(spec: CommitSpec, answer: () => KafkaError | null = () => null) {
  const time = { now: 0 };
  const commits: (readonly TopicPartition[])[] = [];
  const errors: number[] = [];
  const committer = new Committer(
    spec,
    { now: () => time.now },
    (positions) => {
      commits.push(positions);
      return Promise.resolve(answer());
    },
    (code) => errors.push(code),
  );
  return { time, commits, errors, committer };
}

describe('Committer', () => {
  it.each([
    ['auto' as const, false, false],
    ['none' as const, false, false],
    ['each' as const, true, false],
    ['every' as const, true, false],
    ['interval' as const, true, false],
    ['before-processing' as const, true, true],
  ])('%s: manual %s, before processing %s', (kind, manual, before) => {
    const { committer } = scene({ kind });
    expect([committer.manual, committer.beforeProcessing]).toEqual([manual, before]);
  });

  it('never asks for a commit of nothing', () => {
    for (const kind of ['auto', 'none', 'each', 'every', 'interval', 'before-processing'] as const) {
      const { committer, time } = scene({ kind, messages: 1, interval: 1 });
      time.now = 1e9;
      expect(committer.isDue).toBe(false);
    }
  });

  it.each(['auto' as const, 'none' as const])('%s leaves it to others', (kind) => {
    const { committer, time } = scene({ kind });
    committer.advance('t', 0, 1);
    time.now = 1e12;
    expect(committer.isDue).toBe(false);
  });

  it.each(['each' as const, 'before-processing' as const])(
    '%s asks for one as soon as there is something',
    (kind) => {
      const { committer } = scene({ kind });
      committer.advance('t', 0, 1);
      expect(committer.isDue).toBe(true);
    },
  );

  it('every N asks after N, over all partitions', async () => {
    const { committer, commits } = scene({ kind: 'every', messages: 3 });
    const due: boolean[] = [];
    for (const [partition, offset] of [
      [0, 10],
      [1, 20],
      [0, 11],
      [0, 12],
    ] as const) {
      committer.advance('t', partition, offset);
      due.push(committer.isDue);
      if (committer.isDue) await committer.commit();
    }
    expect(due).toEqual([false, false, true, false]);
    expect(commits).toEqual([
      [
        { topic: 't', partition: 0, offset: 12 },
        { topic: 't', partition: 1, offset: 21 },
      ],
    ]);
  });

  it('an interval is counted from the last commit', async () => {
    const { committer, time, commits } = scene({ kind: 'interval', interval: 1000 });
    committer.advance('t', 0, 1);
    time.now = 999;
    expect(committer.isDue).toBe(false);
    time.now = 1000;
    expect(committer.isDue).toBe(true);
    await committer.commit();
    committer.advance('t', 0, 2);
    time.now = 1999;
    expect(committer.isDue).toBe(false);
    time.now = 2000;
    expect(committer.isDue).toBe(true);
    expect(commits).toHaveLength(1);
  });

  it('commits only what is new since the last time', async () => {
    const { committer, commits } = scene({ kind: 'each' });
    committer.advance('t', 0, 1);
    await committer.commit();
    await committer.commit();
    committer.advance('t', 1, 5);
    await committer.commit();
    expect(commits).toEqual([
      [{ topic: 't', partition: 0, offset: 2 }],
      [{ topic: 't', partition: 1, offset: 6 }],
    ]);
  });

  it('keeps what a failed commit did not store, and commits it with the next', async () => {
    let fails = true;
    const failure = Object.assign(new Error('not coordinator'), { code: 16 });
    const { committer, commits } = scene({ kind: 'every', messages: 2 }, () => (fails ? failure : null));
    committer.advance('t', 0, 1);
    committer.advance('t', 1, 7);
    await committer.commit();
    expect(committer.isDue).toBe(true);
    fails = false;
    committer.advance('t', 1, 8);
    await committer.commit();
    expect(commits.at(-1)).toEqual([
      { topic: 't', partition: 0, offset: 2 },
      { topic: 't', partition: 1, offset: 9 },
    ]);
    await committer.commit();
    expect(commits).toHaveLength(2);
  });

  it('waits for the answer, and tells an error by its code', async () => {
    const failure = Object.assign(new Error('rebalance'), { code: 27 });
    const { committer, errors } = scene({ kind: 'each' }, () => failure);
    committer.advance('t', 0, 1);
    await committer.commit();
    expect(errors).toEqual([27]);
    // What was not stored is still to be committed.
    expect(committer.isDue).toBe(true);
  });
});
