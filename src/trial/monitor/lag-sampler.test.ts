import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Admin, GroupDescription, PartitionOffset } from '../../cluster/admin/admin.ts';
import { monotonic } from '../../base/clock.ts';
import { consumePlan, consumerClientPlan } from '../../protocol/protocol.case.ts';
import { watchedGroups, type WatchedGroup } from './lag-groups.ts';
import { LagSampler, type SampledLag } from './lag-sampler.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const readers: WatchedGroup = { name: 'readers', topics: ['t'], fromBeginning: true };
const never = new Promise<never>(() => undefined);

/** Two partitions; what is committed and where logs end is set by the test. */
class FakeAdmin {
  committed: Record<string, readonly number[] | null> = { readers: [] };
  ends: readonly (number | undefined)[] = [0, 0];
  asked: string[] = [];
  answersMembers = true;
  watchOffsets() {
    return {
      committed: (group: string) => {
        this.asked.push(`committed ${group}`);
        return Promise.resolve(
          this.committed[group]?.map((offset, partition): PartitionOffset => ({
            topic: 't',
            partition,
            offset,
          })) ?? null,
        );
      },
      ends: () => {
        this.asked.push('ends');
        return Promise.resolve(
          new Map(this.ends.flatMap((end, i) => (end === undefined ? [] : [[i, end] as const]))),
        );
      },
    };
  }
  offsets = () => Promise.resolve([0, 1].map((partition) => ({ partition, start: 0, end: 0, stable: 0 })));
  describeGroup = (group: string): Promise<GroupDescription> => {
    this.asked.push(`describe ${group}`);
    if (!this.answersMembers) return never;
    const member = {
      consumerId: 'c-1',
      clientId: 'c',
      host: '/h',
      assignment: [{ topic: 't', partition: 1 }],
    };
    return Promise.resolve({ group, protocol: 'classic', state: 'Stable', members: [member] });
  };
}

async function sampler(admin: FakeAdmin, groups = [readers]): Promise<LagSampler> {
  const opened = await LagSampler.open(admin, groups);
  opened!.begin(monotonic.now());
  return opened!;
}
const result = (of: LagSampler, group = 'readers'): SampledLag => of.results((topic) => topic).get(group)!;
const messages = (of: LagSampler, group?: string) =>
  [...result(of, group).seconds].map(([second, point]) => [second, point.messages]);

describe('LagSampler', () => {
  it('looks every second, and counts what is not committed from the beginning', async () => {
    const admin = new FakeAdmin();
    const lag = await sampler(admin);
    await vi.advanceTimersByTimeAsync(500);
    admin.ends = [5, 5];
    await vi.advanceTimersByTimeAsync(1000);
    admin.committed['readers'] = [4, 5];
    await vi.advanceTimersByTimeAsync(1000);
    expect(messages(lag)).toEqual([
      [0, 0],
      [1, 10],
      [2, 1],
    ]);
    lag.close();
    await vi.advanceTimersByTimeAsync(5000);
    expect(result(lag).result).toMatchObject({ samples: 3, missed: 0, most: { messages: 10 }, final: null });
    expect(result(lag).committed).toBe(9);
  });

  it('asks little: one request a group and one a topic', async () => {
    const admin = new FakeAdmin();
    const lag = await sampler(admin, [readers, { ...readers, name: 'others' }]);
    await vi.advanceTimersByTimeAsync(4500);
    lag.close();
    const of = (what: string) => admin.asked.filter((each) => each === what).length;
    expect([of('committed readers'), of('committed others'), of('ends')]).toEqual([5, 5, 5]);
    expect(of('describe readers')).toBe(1);
  });

  it('leaves a gap where a broker does not answer, and keeps what it knew', async () => {
    const admin = new FakeAdmin();
    admin.committed = { readers: [0, 0], others: [0, 0] };
    admin.ends = [3, 4];
    const lag = await sampler(admin, [readers, { ...readers, name: 'others' }]);
    await vi.advanceTimersByTimeAsync(500);
    admin.committed['readers'] = null;
    await vi.advanceTimersByTimeAsync(1000);
    admin.committed['readers'] = [0, 0];
    admin.ends = [3, undefined];
    await vi.advanceTimersByTimeAsync(1000);
    lag.close();
    expect(messages(lag)).toEqual([
      [0, 7],
      [1, null],
      [2, null],
    ]);
    // The other group's coordinator did answer.
    expect(messages(lag, 'others')).toEqual([
      [0, 7],
      [1, 7],
      [2, null],
    ]);
    expect(result(lag).result).toMatchObject({ samples: 3, missed: 2 });
    expect(result(lag).result.partitions.map(({ logEnd }) => logEnd)).toEqual([3, 4]);
  });

  it('tells since when a group has been behind', async () => {
    const admin = new FakeAdmin();
    const lag = await sampler(admin);
    for (const end of [10, 20, 30, 40]) {
      await vi.advanceTimersByTimeAsync(end === 10 ? 500 : 1000);
      admin.ends = [end, 0];
      admin.committed['readers'] = [5, 0];
    }
    await vi.advanceTimersByTimeAsync(1000);
    lag.close();
    // Offset 5 was passed at about 0.55 s, between the looks at 0 and 1 s.
    expect(result(lag).seconds.get(4)!.time! / 1e6).toBeCloseTo(3.45, 1);
  });

  it('knows nothing of a group that reads from the end until it has committed', async () => {
    const admin = new FakeAdmin();
    admin.ends = [9, 9];
    const lag = await sampler(admin, [{ ...readers, fromBeginning: false }]);
    await vi.advanceTimersByTimeAsync(500);
    admin.committed['readers'] = [9, 7];
    await vi.advanceTimersByTimeAsync(1000);
    lag.close();
    expect(messages(lag)).toEqual([
      [0, null],
      [1, 2],
    ]);
  });

  it('says who has a partition, also when nobody answers later', async () => {
    const admin = new FakeAdmin();
    const lag = await sampler(admin);
    await vi.advanceTimersByTimeAsync(100);
    admin.answersMembers = false;
    await vi.advanceTimersByTimeAsync(20_000);
    lag.close();
    expect(result(lag).result.partitions.map(({ member }) => member?.consumerId)).toEqual([undefined, 'c-1']);
    // One question at a time.
    expect(admin.asked.filter((each) => each === 'describe readers')).toHaveLength(2);
  });

  it('keeps the looks where the measured phase ended and where the consumers had left', async () => {
    const admin = new FakeAdmin();
    const lag = await sampler(admin);
    admin.ends = [8, 0];
    await lag.ended();
    admin.committed['readers'] = [8, 0];
    await lag.left();
    expect(result(lag).result).toMatchObject({ end: { messages: 8 }, final: { messages: 0, time: 0 } });
  });

  it('is not opened without an admin client or a group', async () => {
    expect(await LagSampler.open(null, [readers])).toBeNull();
    expect(await LagSampler.open(new FakeAdmin() as unknown as Admin, [])).toBeNull();
  });
});

describe('watchedGroups', () => {
  const client = (more: Parameters<typeof consumerClientPlan>[0]) => consumePlan(consumerClientPlan(more));
  it('are those that commit, each once', () => {
    const earliest = { 'auto.offset.reset': 'earliest' };
    const plans = [
      client({ group: 'a', topics: ['t'], commit: { kind: 'each' }, config: earliest }),
      client({ group: 'a', topics: ['t', 'u'], commit: { kind: 'none' }, config: earliest }),
      client({ group: 'b', topics: ['t'], commit: { kind: 'none' } }),
      client({ group: 'c', topics: ['t'], commit: { kind: 'auto' }, config: {} }),
      client({ group: null }),
    ];
    expect(watchedGroups(plans)).toEqual([
      { name: 'a', topics: ['t', 'u'], fromBeginning: true },
      { name: 'c', topics: ['t'], fromBeginning: false },
    ]);
  });
});
