import { describe, expect, it, vi } from 'vitest';
import type { TopicIdentity } from '../../cluster/admin/admin.ts';
import { TopicWatch } from './topic-watch.ts';

/** What brokers say of topic `t` look by look, a second apart; undefined: they say nothing. */
async function watched(looks: readonly (TopicIdentity | null | undefined)[], last = false) {
  let now = 0;
  const topicIdentities = () => {
    const found = looks[now / 1e6];
    return Promise.resolve(new Map(found === undefined ? [] : [['t', found]]));
  };
  const topicConfigs = () => Promise.reject(new Error('nobody asks'));
  const watch = new TopicWatch({ topicIdentities, topicConfigs }, ['t'], { now: () => now });
  for (const [i] of looks.entries()) {
    now = i * 1e6;
    await watch.look(last && i === looks.length - 1 ? 'last' : undefined);
  }
  return { changes: watch.changesOf('t'), partitions: watch.partitionsOf('t') };
}

const a = { id: 'a', partitions: 2 };
const b = { id: 'b', partitions: 1 };

describe('TopicWatch', () => {
  it('sees a policy that is set and taken back, and the least retention', async () => {
    const compact = (retention: number) => ({
      ...{ 'cleanup.policy': 'compact,delete', 'delete.retention.ms': String(retention) },
    });
    const looks = [{ 'cleanup.policy': 'delete' }, compact(500), {}, compact(100), compact(900)];
    const topicIdentities = () => Promise.resolve(new Map());
    let config: Readonly<Record<string, string>> = {};
    const topicConfigs = () => Promise.resolve(new Map([['t', config]]));
    const watch = new TopicWatch({ topicIdentities, topicConfigs }, ['t']);
    await watch.lookForCompaction();
    expect(watch.compactionOf('t')).toBeUndefined();
    for (config of [...looks, looks[0]!]) await watch.lookForCompaction();
    expect(watch.compactionOf('t')).toEqual({ deleteRetention: 100, certain: true });
  });

  it('asks for all topics at once, and looks at partitions while that answer is awaited', async () => {
    vi.useFakeTimers();
    const topicIdentities = vi.fn(() => Promise.resolve(new Map([['t', a]])));
    const topicConfigs = vi.fn(() => new Promise<never>(() => undefined));
    const watch = new TopicWatch({ topicIdentities, topicConfigs }, ['t', 'u']);
    try {
      watch.start();
      await vi.advanceTimersByTimeAsync(3500);
      expect(topicIdentities.mock.calls.length).toBeGreaterThanOrEqual(3);
      expect(topicConfigs.mock.calls).toEqual([[['t', 'u'], expect.arrayContaining(['cleanup.policy'])]]);
    } finally {
      watch.close();
      vi.useRealTimers();
    }
  });

  it('sees partitions that are added, and not those that a broker does not know of yet', async () => {
    expect(await watched([a, { id: 'a', partitions: 5 }, a])).toEqual({ changes: [], partitions: 5 });
  });

  it('sees a topic that was made again by its id, and when the one before was last there', async () => {
    const changes = [{ id: 'b', partitions: 1, after: 1e6 }];
    expect(await watched([a, a, b, b])).toEqual({ changes, partitions: 1 });
    expect(await watched([a, a, null, b])).toEqual({ changes, partitions: 1 });
    // A broker that was away tells of the former one.
    expect(await watched([a, a, b, a, b])).toEqual({ changes, partitions: 1 });
  });

  it('takes a topic for deleted that is not there at the last look, and no other', async () => {
    expect(await watched([a, undefined, null])).toEqual({ changes: [], partitions: 2 });
    const changes = [{ id: null, partitions: 0, after: 0 }];
    expect(await watched([a, null, null], true)).toEqual({ changes, partitions: 0 });
    expect(await watched([a, undefined], true)).toEqual({ changes: [], partitions: 2 });
  });
});
