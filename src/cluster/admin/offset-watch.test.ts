import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WireOffsetWatch } from './offset-watch.ts';
import { requests } from './requests.ts';
import type { Address, Wire } from './wire.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = new Promise<never>(() => undefined);

/** Brokers 1 and 2 at ports of their numbers; what they answer is set by the test. */
class FakeWire {
  asked: string[] = [];
  coordinator = 1;
  /** Leader of each partition of the topic, −1: none. */
  leaders = [1, 2];
  ends = [10, 20];
  frozen = new Set<number>();
  refusing = new Set<number>();

  anyOnce = (): Promise<unknown> => {
    this.asked.push('coordinator');
    return Promise.resolve({ coordinators: [{ host: 'h', port: this.coordinator }] });
  };
  answers = async (ask: (broker: Address) => Promise<unknown>) => [await ask({ host: 'h', port: 0 })];
  learn = () => undefined;
  at = ({ port }: Address, versions: unknown, ...args: unknown[]): Promise<unknown> => {
    const kind =
      versions === requests.offsetFetch ? 'fetch' : versions === requests.metadata ? 'meta' : 'ends';
    this.asked.push(kind === 'meta' ? kind : `${kind} ${port}`);
    if (this.frozen.has(port)) return never;
    if (this.refusing.has(port)) return Promise.reject(new Error('not here'));
    if (kind === 'fetch') {
      const partitions = [{ partitionIndex: 0, committedOffset: 7n }];
      return Promise.resolve({ groups: [{ topics: [{ name: 't', partitions }] }] });
    }
    if (kind === 'meta') return Promise.resolve(this.#metadata());
    const [{ partitions }] = args[2] as [{ partitions: { partitionIndex: number }[] }];
    const found = partitions.map(({ partitionIndex }) => ({
      partitionIndex,
      offset: BigInt(this.ends[partitionIndex]!),
    }));
    return Promise.resolve({ topics: [{ partitions: found }] });
  };
  #metadata() {
    const partitions = this.leaders.map((leaderId, partitionIndex) => ({
      ...{ leaderId, partitionIndex, leaderEpoch: 0, replicaNodes: [], isrNodes: [] },
    }));
    return {
      brokers: [1, 2].map((nodeId) => ({ nodeId, host: 'h', port: nodeId })),
      topics: [{ name: 't', topicId: 'x', partitions }],
    };
  }
}

const scene = () => {
  const wire = new FakeWire();
  return { wire, watch: new WireOffsetWatch(wire as unknown as Wire) };
};
/** What came of it within its patience. */
async function within<T>(asking: Promise<T>): Promise<T> {
  await vi.advanceTimersByTimeAsync(100);
  return asking;
}

describe('WireOffsetWatch', () => {
  it('finds out whom to ask once', async () => {
    const { wire, watch } = scene();
    for (let i = 0; i < 3; i++) {
      expect(await within(watch.committed('g', 100))).toEqual([{ topic: 't', partition: 0, offset: 7 }]);
      expect([...(await within(watch.ends('t', 100)))]).toEqual([
        [0, 10],
        [1, 20],
      ]);
    }
    const rest = ['fetch 1', 'ends 1', 'ends 2'];
    expect(wire.asked).toEqual(['coordinator', 'fetch 1', 'meta', 'ends 1', 'ends 2', ...rest, ...rest]);
  });

  it('asks anew where an answer failed', async () => {
    const { wire, watch } = scene();
    await within(watch.committed('g', 100));
    await within(watch.ends('t', 100));
    wire.refusing.add(1);
    expect(await within(watch.committed('g', 100))).toBeNull();
    expect([...(await within(watch.ends('t', 100)))]).toEqual([[1, 20]]);
    wire.coordinator = 2;
    wire.leaders = [2, 2];
    expect(await within(watch.committed('g', 100))).toHaveLength(1);
    expect((await within(watch.ends('t', 100))).size).toBe(2);
  });

  it('waits no longer than its patience, and does not ask a silent broker twice', async () => {
    const { wire, watch } = scene();
    await within(watch.committed('g', 100));
    await within(watch.ends('t', 100));
    wire.frozen.add(1);
    for (let i = 0; i < 3; i++) {
      expect(await within(watch.committed('g', 100))).toBeNull();
      expect([...(await within(watch.ends('t', 100)))]).toEqual([[1, 20]]);
    }
    expect(wire.asked.filter((each) => each === 'fetch 1')).toHaveLength(2);
    expect(wire.asked.filter((each) => each === 'ends 1')).toHaveLength(2);
    expect(wire.asked.filter((each) => each === 'ends 2')).toHaveLength(4);
  });

  it('looks for the leader of a partition until there is one', async () => {
    const { wire, watch } = scene();
    wire.leaders = [-1, 2];
    expect([...(await within(watch.ends('t', 100)))]).toEqual([[1, 20]]);
    wire.leaders = [1, 2];
    expect((await within(watch.ends('t', 100))).size).toBe(2);
    await within(watch.ends('t', 100));
    expect(wire.asked.filter((each) => each === 'meta')).toHaveLength(2);
  });
});
