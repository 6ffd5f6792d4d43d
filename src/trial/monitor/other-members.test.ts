import { describe, expect, it } from 'vitest';
import type { GroupMember } from '../../cluster/admin/admin.ts';
import { sleep } from '../../base/clock.ts';
import { virtualTime } from '../../base/virtual-time.case.ts';
import { clientProgress, consumePlan, consumerClientPlan } from '../../protocol/protocol.case.ts';
import { earlyLimit, type ConsumerClientPlan } from '../../protocol/plan.ts';
import { OtherMembers } from './other-members.ts';

virtualTime();

interface Look {
  /** Client ids, and ids after a colon where those differ. */
  readonly members?: readonly string[];
  readonly state?: string;
  /** What the run's own member says it holds. */
  readonly holds?: readonly string[];
  readonly committed: number;
  /** Of the run's own member. */
  readonly processed: number;
}

/** One partition of `t`; members by their client ids, all of them have it. */
async function found(looks: readonly Look[], more: Partial<ConsumerClientPlan> = {}) {
  const plan = consumerClientPlan({
    ...{ name: 'reader', group: 'g', topics: ['t'], config: { 'client.id': 'ours' } },
    commit: { kind: 'every', messages: 10 },
    ...more,
  });
  let now: Look = looks[0]!;
  const member = (name: string): GroupMember => {
    const [clientId = '', consumerId = clientId] = name.split(':');
    const assignment = [
      { topic: 't', partition: 0 },
      { topic: 'not ours', partition: 3 },
    ];
    const isDealt = (now.state ?? 'Stable') === 'Stable';
    return { consumerId, clientId, host: '/10.0.0.7', assignment: isDealt ? assignment : [] };
  };
  const admin = {
    describeGroup: (group: string) =>
      Promise.resolve({
        ...{ group, protocol: 'classic' as const, state: now.state ?? 'Stable' },
        members: (now.members ?? ['ours']).map(member),
      }),
    committedOffsets: () => Promise.resolve([{ topic: 't', partition: 0, offset: now.committed }]),
  };
  const progress = () => [
    clientProgress({
      ...{ side: 'consumer', name: 'reader', index: 0, positions: { 't/0': now.processed } },
      membership: { assigned: true, placed: true, holds: now.holds ?? ['t/0'] },
    }),
  ];
  const others = new OtherMembers(admin, [consumePlan(plan)], progress);
  for (now of looks) await others.look();
  const { members, commits } = others.found.get(plan.evidence.group)!;
  lines = others.lines;
  return { members, commits: commits.map(({ offset, processed }) => ({ offset, processed })) };
}

/** Of the last one that was found. */
let lines: readonly string[] = [];

const nobody = { members: [], commits: [] };

describe('OtherMembers', () => {
  it('looks at a group while another one’s coordinator owes an answer', async () => {
    const asked: string[] = [];
    const admin = {
      describeGroup: (group: string) => {
        asked.push(group);
        return group === 'slow' ? new Promise<never>(() => undefined) : Promise.resolve(null);
      },
      committedOffsets: () => Promise.resolve([]),
    };
    const plans = ['slow', 'g'].map((group, number) => {
      const plan = consumerClientPlan({ name: group, group, topics: ['t'] });
      return consumePlan({ ...plan, evidence: { ...plan.evidence, group: number } });
    });
    const others = new OtherMembers(admin, plans, () => []);
    others.begin();
    await sleep(3500);
    others.close();
    expect(asked.filter((group) => group === 'slow')).toHaveLength(1);
    expect(asked.filter((group) => group === 'g').length).toBeGreaterThanOrEqual(3);
  });

  it('knows the run’s own clients, and what they commit', async () => {
    expect(
      await found([
        // From an earlier run.
        { committed: 70, processed: 0 },
        { committed: 80, processed: 80 },
        { committed: 90, processed: 95 },
      ]),
    ).toEqual(nobody);
  });

  it('names whoever else is in the group, with the partitions that it had', async () => {
    const other = { clientId: 'theirs', host: '/10.0.0.7', partitions: [{ topic: 't', partition: 0 }] };
    expect(
      await found([
        { members: ['ours', 'theirs'], committed: 0, processed: 0 },
        { committed: 0, processed: 0 },
      ]),
    ).toEqual({ members: [other], commits: [] });
    expect(lines).toEqual(['group g: client theirs at /10.0.0.7, which is not of this run, had t/0']);
  });

  it('takes whoever is seen only while partitions are dealt out to have had any of them', async () => {
    const unknown = { clientId: 'theirs', host: '/10.0.0.7', partitions: 'unknown' };
    const dealing = (...members: string[]) => ({
      ...{ state: 'PreparingRebalance', members, committed: 0, processed: 0 },
    });
    const stable = (...members: string[]) => ({ members, committed: 0, processed: 0 });
    const auto = { commit: { kind: 'auto' } } as const;
    const membersOf = async (...looks: Look[]) => (await found(looks, auto)).members;
    const [begin, both] = [stable('ours'), dealing('ours', 'theirs')];
    expect(await membersOf(begin, both, dealing('ours'), begin)).toEqual([unknown]);
    expect(await membersOf(begin, both, begin)).toEqual([unknown]);
    expect(await membersOf(begin, both)).toEqual([unknown]);
    // One of two goes.
    expect(await membersOf(dealing('theirs:a', 'theirs:b'), dealing('theirs:b'), begin)).toEqual([unknown]);
    const other = { ...unknown, partitions: [{ topic: 't', partition: 0 }] };
    expect(await membersOf(begin, both, stable('ours', 'theirs'), begin)).toEqual([other]);
    expect(await membersOf(begin, dealing('ours'), begin)).toEqual([]);
    // It stays when the run's own have left: what it gets then it did not have before.
    expect(await membersOf(stable('ours', 'theirs'), dealing('theirs'))).toEqual([other]);
    expect(await membersOf(stable('ours', 'theirs'), dealing('ours', 'theirs'))).toEqual([unknown]);
    expect(await membersOf(stable('ours', 'theirs'), dealing('theirs:again'))).toEqual([unknown]);
  });

  it('knows members with a client id of the run by what the run’s own clients hold', async () => {
    const look = (holds: readonly string[], ...members: string[]) => ({
      ...{ holds, members, committed: 0, processed: 0 },
    });
    const membersOf = async (...looks: Look[]) => (await found(looks)).members;
    const same = { clientId: 'ours', host: '/10.0.0.7', partitions: [{ topic: 't', partition: 0 }] };
    expect(await membersOf(look([], 'ours:a'), look([], 'ours:a'))).toEqual([same]);
    // It may have been told late of an assignment.
    expect(await membersOf(look([], 'ours:a'), look(['t/0'], 'ours:a'))).toEqual([]);
    // One of the run's own that was killed stays for the time of its session.
    const killed = look([], 'ours:a');
    expect(await membersOf(look(['t/0'], 'ours:a'), killed, killed, killed)).toEqual([]);
  });

  it('tells of commits beyond what the run’s own have processed', async () => {
    const looks = [
      { committed: 0, processed: 0 },
      { committed: 300, processed: 20 },
      { committed: 900, processed: 910 },
    ];
    expect(await found(looks)).toEqual({ members: [], commits: [{ offset: 300, processed: 300 }] });
    // librdkafka commits what it has handed out, which may be processed later.
    expect(await found(looks, { commit: { kind: 'auto' } })).toEqual(nobody);
  });

  it.each(['auto', 'before-processing'] as const)(
    'takes what a client has in hand for its own, at commit: %s',
    async (kind) => {
      const committed = async (offset: number, size: number) => {
        const looks = [
          { committed: 0, processed: 0 },
          { committed: offset, processed: 500 },
        ];
        const { commits } = await found(looks, { commit: { kind }, mode: { kind: 'batch', size } });
        return commits;
      };
      expect(await committed(5500, 5000)).toEqual([]);
      // A backlog that came before the start.
      expect(await committed(500 + earlyLimit, 100)).toEqual([]);
      expect(await committed(500 + 200_000, 200_000)).toEqual([]);
      const beyond = 501 + earlyLimit + 5000;
      expect(await committed(beyond, 5000)).toEqual([{ offset: beyond, processed: 501 }]);
    },
  );

  it('keeps the first and the latest of a partition’s commits: the evidence may explain some of them', async () => {
    const looks = Array.from({ length: 31 }, (_, i) => ({ committed: i * 100, processed: 0 }));
    expect(await found(looks.slice(0, 4))).toEqual({
      members: [],
      commits: [100, 200, 300].map((offset) => ({ offset, processed: offset })),
    });
    const { commits } = await found(looks);
    const latest = [2300, 2400, 2500, 2600, 2700, 2800, 2900, 3000];
    expect(commits.map(({ offset }) => offset)).toEqual([100, 200, 300, 400, 500, 600, 700, 800, ...latest]);
  });

  it('tells of commits that go back while none of the run’s own is there', async () => {
    const back = (members: readonly string[]) => [
      { committed: 500, processed: 500 },
      { members, committed: 100, processed: 500 },
    ];
    expect(await found(back([]))).toEqual({ members: [], commits: [{ offset: 100, processed: -1 }] });
    expect(await found(back(['ours']))).toEqual(nobody);
  });

  it('has no part in clients without a group', async () => {
    const looks = [
      { committed: 0, processed: 0 },
      { committed: 300, processed: 0 },
    ];
    const plan = consumePlan(consumerClientPlan({ group: null }));
    const none = () => Promise.reject(new Error('nobody asks'));
    const others = new OtherMembers({ describeGroup: none, committedOffsets: none }, [plan], () => []);
    for (let i = 0; i < looks.length; i++) await others.look();
    expect([...others.found]).toEqual([]);
  });
});
