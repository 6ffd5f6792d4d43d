import { describe, expect, it } from 'vitest';
import type { GroupDescription } from '../../cluster/admin/admin.ts';
import { monotonic, sleep } from '../../base/clock.ts';
import { virtualTime } from '../../base/virtual-time.case.ts';
import { clientProgress, consumePlan, consumerClientPlan } from '../../protocol/protocol.case.ts';
import type { ClientProgress, Membership } from '../../protocol/report.ts';
import { awaitedGroups, groupsReady } from './group-readiness.ts';
import type { RunTopics } from '../plan/topics.ts';

virtualTime();

const topics = {
  byName: new Map([['t', { name: 't', partitions: 2 }]]),
} as unknown as RunTopics;

const holding = (...partitions: number[]): Membership => ({
  assigned: true,
  holds: partitions.map((partition) => `t/${partition}`),
  placed: true,
});
const unassigned: Membership = { assigned: false, holds: [], placed: true };

/** `done`: it told so and its process goes on; `gone`: its process has ended. */
type Member = Membership | 'done' | 'gone' | null;

const noRight = { code: 'GROUP_AUTHORIZATION_FAILED', message: 'Broker: Group authorization failed' };
const refused = { code: '_TRANSPORT', message: 'b:1/1: Connection refused' };

/** A group on a topic of two partitions, whose members the test moves; null: not there yet. */
function scene(
  members: Member[],
  described?: () => GroupDescription | null,
  met: (ClientProgress['met'] | null)[] = [],
) {
  const plans = members.map((_, index) =>
    consumePlan(
      consumerClientPlan({
        name: 'reader',
        index,
        topics: ['t'],
        group: 'g',
        config: { 'client.id': `c-${index}` },
      }),
    ),
  );
  const began = monotonic.now();
  let readyAt: number | null = null;
  const signal = new AbortController();
  const done = groupsReady({
    groups: awaitedGroups(plans, topics),
    living: () => plans.filter((_, index) => members[index] !== 'gone'),
    progress: () =>
      members.flatMap((member, index) => {
        if (member === null || member === 'gone') return [];
        const client = { side: 'consumer', name: 'reader', index } as const;
        return member === 'done'
          ? [clientProgress({ ...client, state: 'done', membership: holding() })]
          : [clientProgress({ ...client, membership: member, ...(met[index] ? { met: met[index] } : {}) })];
      }),
    admin: described ? { describeGroup: async () => Promise.resolve(described()) } : null,
    signal: signal.signal,
  }).then(() => (readyAt = (monotonic.now() - began) / 1e6));
  return { done, signal, readyAt: () => readyAt };
}

const describe848 = (state: string, ...assignments: (readonly number[])[]): GroupDescription => ({
  group: 'g',
  protocol: 'consumer',
  state,
  members: assignments.map((partitions, i) => ({
    consumerId: `m-${i}`,
    clientId: `c-${i}`,
    host: '/127.0.0.1',
    assignment: partitions.map((partition) => ({ topic: 't', partition })),
  })),
});

describe('a group whose coordinator can be asked', () => {
  it('is ready when all members are there, everything is held once and nothing is going on', async () => {
    let described = describe848('Stable', [0, 1]);
    const members: (Membership | null)[] = [holding(0, 1), null];
    const { done, readyAt } = scene(members, () => described);
    await sleep(2000);
    // The second one has joined: cooperatively, the first gives up what the second gets a round later.
    members[1] = holding();
    described = describe848('PreparingRebalance', [0, 1], []);
    await sleep(2000);
    described = describe848('Stable', [0], []);
    members[0] = holding(0);
    await sleep(2000);
    expect(readyAt()).toBeNull();
    described = describe848('Stable', [0], [1]);
    await sleep(2000);
    // The coordinator has dealt it out, and the member does not have it yet.
    expect(readyAt()).toBeNull();
    members[1] = { ...holding(1), placed: false };
    await sleep(2000);
    expect(readyAt()).toBeNull();
    members[1] = holding(1);
    await done;
  });

  it('counts a member without a partition, of whom nothing is heard with KIP-848', async () => {
    const { done, readyAt } = scene([holding(0), holding(1), unassigned], () =>
      describe848('Stable', [0], [1], []),
    );
    await done;
    expect(readyAt()).toBeLessThan(2);
  });

  it('is not ready while such a member is not in the group', async () => {
    const { signal, readyAt } = scene([holding(0), holding(1), unassigned], () =>
      describe848('Stable', [0], [1]),
    );
    await sleep(20_000);
    expect(readyAt()).toBeNull();
    signal.abort();
  });

  it('counts what members of others hold', async () => {
    const foreign = describe848('Stable', [0], [1]);
    const { done } = scene([holding(0)], () => foreign);
    await done;
  });

  it.each(['done', 'gone'] as const)('does not wait for a member that is %s meanwhile', async (how) => {
    let described = describe848('PreparingRebalance', [0], [1]);
    const members: Member[] = [holding(0), holding(1)];
    const { done, readyAt } = scene(members, () => described);
    await sleep(2000);
    members[1] = how;
    await sleep(2000);
    expect(readyAt()).toBeNull();
    described = describe848('Stable', [0, 1]);
    members[0] = holding(0, 1);
    await done;
    expect(readyAt()).toBeLessThan(5);
  });

  it('does not wait for a group whose members have all left', async () => {
    const members: Member[] = [holding(0), null];
    const { done } = scene(members, () => describe848('PreparingRebalance', [0]));
    await sleep(2000);
    members.fill('gone');
    await done;
  });

  it('fails after a minute, with how far it was', async () => {
    const { done } = scene([holding(0), null], () => describe848('PreparingRebalance', [0]));
    await expect(done).rejects.toThrow(
      'group g was not ready within 60 s: 1 of 2 members are there and hold 1 of 2 partitions',
    );
  });
});

it.each([
  ['PreparingRebalance', [], 'is a member too'],
  ['CompletingRebalance', [1], 'has t/1'],
])('names members of somebody else in a group that is not ready: %s', async (state, has, told) => {
  const described = describe848(state, [0], has, []);
  const members = described.members.map((each, i) => (i === 1 ? { ...each, clientId: 'theirs' } : each));
  const { done } = scene([holding(0), holding(), holding()], () => ({ ...described, members }));
  await expect(done).rejects.toThrow(
    `its state is ${state}; client theirs at /127.0.0.1, which is not of this run, ${told}`,
  );
});

describe('a group whose members meet errors', () => {
  it('is not waited for where no waiting mends them', async () => {
    const began = monotonic.now();
    const { done } = scene([holding(0), unassigned], undefined, [null, noRight]);
    await expect(done).rejects.toMatchObject({
      message:
        'group g cannot become ready: reader/1 met GROUP_AUTHORIZATION_FAILED: Broker: Group authorization failed',
      hint: 'the user needs READ on the group',
    });
    expect(monotonic.now() - began).toBeLessThan(1e6);
  });

  it('names the last of them when the time is over', async () => {
    const { done } = scene([holding(0), unassigned], undefined, [null, refused]);
    await expect(done).rejects.toThrow(
      /not ready within 60 s: 2 of 2 members .*; the last error of reader\/1: _TRANSPORT: b:1\/1: Connection refused$/,
    );
  });

  it('is ready all the same where they pass', async () => {
    const { done, readyAt } = scene([holding(0), holding(1)], undefined, [null, refused]);
    await done;
    expect(readyAt()).toBeLessThan(1);
  });
});

describe('a group whose coordinator cannot be asked', () => {
  const refused = () => {
    throw new Error('not authorised');
  };

  it('is ready at once when every member holds something, and all is held once', async () => {
    for (const described of [undefined, refused]) {
      const { done, readyAt } = scene([holding(0), holding(1)], described);
      await done;
      expect(readyAt()).toBeLessThan(1);
    }
  });

  it('is ready when nothing has moved for a moment where a member has nothing', async () => {
    const members: (Membership | null)[] = [holding(0, 1), holding()];
    const { done, readyAt } = scene(members);
    await sleep(500);
    // It was the first round only.
    members[0] = holding(0);
    await sleep(2000);
    expect(readyAt()).toBeNull();
    members[1] = holding(1);
    await done;
  });

  it('waits longer for a member of whom nothing is heard', async () => {
    const { done, readyAt } = scene([holding(0), holding(1), unassigned]);
    await done;
    expect(readyAt()).toBeGreaterThanOrEqual(4);
  });
});
