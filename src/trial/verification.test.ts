import { existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Admin, PartitionOffsets } from '../cluster/admin/admin.ts';
import { readManifest } from '../judge/delivery/files/manifest.ts';
import {
  consumePlan,
  consumerClientPlan,
  producePlan,
  producerClientPlan,
} from '../protocol/protocol.case.ts';
import { scenarioOf } from './evidence.case.ts';
import type { RunTopics } from './plan/topics.ts';
import { Verification, verifiedTopics } from './verification.ts';

let parent: string;
beforeEach(() => (parent = mkdtempSync(join(tmpdir(), 'kafka-bench-verification-'))));
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const directory = () => join(parent, 'run.evidence');
const manifest = () => readManifest(directory());

const twoTopics = `
producers: [{ name: a, topic: t }, { name: b, topic: u }, { name: c, topic: v, envelope: none }]
consumers: [{ name: reader, topics: [u, v], group: g }, { name: tail, topic: t }]
`;

function verificationOf(text = twoTopics, place = directory()): Verification {
  const scenario = scenarioOf(text);
  const topics: RunTopics = {
    byName: new Map(
      scenario.topics.map((spec) => [
        spec.name,
        { spec, name: `${spec.name}-beef`, partitions: 2, created: true },
      ]),
    ),
    warnings: [],
  };
  return new Verification({ scenario, topics, run: 77, directory: place });
}

/** Ends and last stable offsets by topic; they may change between two questions. */
function adminAt(
  ends: Record<string, readonly (readonly [end: number, stable: number, logEnd?: number])[]>,
  config: Record<string, string> = { 'cleanup.policy': 'delete' },
): Admin {
  return {
    topicIdentities: (names: readonly string[]) =>
      Promise.resolve(new Map(names.map((id) => [id, { id, partitions: (ends[id] ?? []).length }]))),
    topicConfigs: (names: readonly string[]) => Promise.resolve(new Map(names.map((name) => [name, config]))),
    offsets: (topic: string): Promise<readonly PartitionOffsets[]> =>
      Promise.resolve(
        (ends[topic] ?? []).map(([end, stable], partition) => ({ partition, start: 0, end, stable })),
      ),
    logEnds: (topic: string) =>
      Promise.resolve(
        new Map(
          (ends[topic] ?? []).flatMap(([, , logEnd], partition) => (logEnd ? [[partition, logEnd]] : [])),
        ),
      ),
  } as unknown as Admin;
}

const empty = { 't-beef': [[0, 0]], 'u-beef': [[0, 0]] } as const;
const writing = producePlan(
  producerClientPlan({ producerId: 0 }),
  producerClientPlan({ producerId: 1, envelope: 'none' }),
);
const writingMore = producePlan(producerClientPlan({ producerId: 2, incarnation: 3 }));
const member = (number: number) => consumerClientPlan({ evidence: { group: 0, member: number } });
const reading = consumePlan(member(0), member(1));

describe('a Verification', () => {
  it('is of the topics that messages with an envelope go to, as the cluster calls them', () => {
    expect(verifiedTopics(scenarioOf(twoTopics))).toEqual(['t', 'u']);
    expect(verificationOf().plan).toEqual({ directory: directory(), topics: ['t-beef', 'u-beef'] });
    expect(existsSync(directory())).toBe(true);
  });

  it('says what the verdict is about', async () => {
    await verificationOf(`${twoTopics}verify: { order: partition }\n`).begin(adminAt(empty), []);
    expect(manifest()).toMatchObject({
      ...{ version: 2, run: 77, guarantee: 'at-least-once', order: 'partition', audit: 'full' },
      ...{ readUncommitted: true, conditions: [], damage: [] },
      groups: [
        { name: 'g', topics: [1], backlog: 'unread' },
        { name: 'tail', topics: [0], backlog: 'unread' },
      ],
      files: { producers: [], members: [], audit: null },
    });
  });

  it('has the audit read what came into dead-letter topics, and knows whose it is', async () => {
    const text = `
producers: [{ name: a, topic: t }]
consumers:
  - { name: c, topic: t, group: g, commit: each, validate: { json: [id] }, deadLetter: { topic: d, afterAttempts: 1 } }
`;
    const ends = { 't-beef': [[0, 0]], 'd-beef': [[5, 5]] } as const;
    const verification = verificationOf(text);
    const deadLetter = { topic: 'd-beef', afterAttempts: 1, config: {} };
    const config = { 'group.id': 'g-beef' };
    const writer = consumerClientPlan({ evidence: { group: 0, member: 3 }, config, deadLetter });
    await verification.begin(adminAt(ends), [consumePlan(writer, member(4))]);
    expect(manifest().deadLetters).toEqual([{ name: 'd-beef', begins: [5] }]);
    expect(manifest().topics).toEqual([{ name: 't-beef', begins: [0] }]);
    const end = { highWatermark: 8, lastStableOffset: 8 };
    expect(await verification.deadLetters(adminAt({ 'd-beef': [[8, 8]] }))).toEqual({
      topics: ['d-beef'],
      partitions: [{ topic: 'd-beef', partition: 0, begin: 5, from: 5, end }],
      groups: new Map([['g-beef', 0]]),
    });
  });

  it('says what is compacted, and has the audit tell the keys there', async () => {
    const compact = { 'cleanup.policy': 'compact', 'delete.retention.ms': '5000' };
    const verification = verificationOf();
    const plan = producePlan(producerClientPlan({ producerId: 0, topic: 't-beef' }));
    await verification.begin(adminAt(empty), [{ ...plan, seed: 9 }]);
    expect(manifest().topics).toEqual([
      { name: 't-beef', begins: [0] },
      { name: 'u-beef', begins: [0] },
    ]);
    // Somebody has changed it since.
    const [partition] = await verification.partitions(adminAt(empty, compact));
    expect(partition).toMatchObject({ topic: 't-beef', keys: true });
    verification.audited(null);
    const { topics, producers, auditedAt } = manifest();
    expect(topics[0]?.compaction).toEqual({ deleteRetention: 5000, certain: true });
    expect(producers).toMatchObject([
      { producer: 0, incarnation: 0, client: 0, of: 1, seed: 9, key: { kind: 'none' }, tombstones: 0 },
    ]);
    expect(auditedAt).toBeGreaterThan(0);
  });

  it('lets the audit read uncommitted records unless they must not be there', () => {
    const text = (delivery: string) =>
      `{ producers: [{ name: a, topic: t, client: { enable.idempotence: true } }], expect: { delivery: ${delivery} } }`;
    expect(verificationOf(text('at-least-once')).readUncommitted).toBe(true);
    expect(verificationOf(text('exactly-once')).readUncommitted).toBe(false);
  });

  it('says where it could not be kept', () => {
    writeFileSync(join(parent, 'file'), '');
    const place = join(parent, 'file', 'evidence');
    expect(() => verificationOf(twoTopics, place)).toThrow(
      expect.objectContaining({
        code: 'results',
        message: expect.stringContaining(place) as string,
        hint: expect.stringContaining('--results') as string,
      }),
    );
  });
});

describe('the evidence that is expected', () => {
  it('is a file of every client that writes one', async () => {
    await verificationOf().begin(adminAt(empty), [reading, writing]);
    expect(manifest().files).toEqual({
      producers: [{ name: 'producer-0.0.kbev', ended: false }],
      members: [
        { name: 'member-0.kbev', ended: false },
        { name: 'member-1.kbev', ended: false },
      ],
      audit: null,
    });
  });

  it('must be whole of those that reported, those that joined later included', async () => {
    const verification = verificationOf();
    await verification.begin(adminAt(empty), [reading, writing, writingMore]);
    const again = consumePlan(member(2));
    verification.expectFiles(again);
    verification.ended(writingMore);
    verification.ended(again);
    verification.drained(new Set(), new Set());
    const { producers, members } = manifest().files;
    expect(producers).toEqual([
      { name: 'producer-0.0.kbev', ended: false },
      { name: 'producer-2.3.kbev', ended: true },
    ]);
    expect(members.map(({ name, ended }) => [name, ended])).toEqual([
      ['member-0.kbev', false],
      ['member-1.kbev', false],
      ['member-2.kbev', true],
    ]);
  });

  it('says when the measured phase began, on both clocks', async () => {
    const verification = verificationOf();
    await verification.begin(adminAt(empty), []);
    expect(manifest()).not.toHaveProperty('measureStart');
    verification.measures(5e6, 1_772_600_767_000.9);
    expect(manifest().measureStart).toEqual({ monotonic: 5e6, wall: 1_772_600_767_000 });
    expect(verification.measureStart).toEqual(manifest().measureStart);
  });

  it('begins where logs ended before the run', async () => {
    const ends = { 't-beef': [[5, 5] as const, [7, 6] as const], 'u-beef': [[0, 0] as const] };
    await verificationOf().begin(adminAt(ends), []);
    expect(manifest().topics).toEqual([
      { name: 't-beef', begins: [5, 7] },
      { name: 'u-beef', begins: [0] },
    ]);
  });

  it('begins at 0 in the four partitions of the mock, which nobody can ask', async () => {
    await verificationOf().begin(null, []);
    expect(manifest().topics.map(({ begins }) => begins)).toEqual([
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
  });

  it('tells what the backlog of each group means', async () => {
    const verification = verificationOf();
    await verification.begin(adminAt(empty), []);
    const backlogs = () => manifest().groups.map(({ backlog }) => backlog);
    verification.drained(new Set([1]), new Set());
    expect(backlogs()).toEqual(['owed', 'unread']);
    verification.drained(new Set([0, 1]), new Set([0]));
    expect(backlogs()).toEqual(['excused', 'unread']);
  });
});

it('gives a member of others that may have had any partition all that its group reads', async () => {
  const verification = verificationOf();
  await verification.begin(
    adminAt({
      ...empty,
      't-beef': [
        [0, 0],
        [0, 0],
      ],
    }),
    [],
  );
  const theirs = { clientId: 'theirs', host: '/10.0.0.7' };
  verification.sharesGroups(
    new Map([[0, { members: [{ ...theirs, partitions: 'unknown' as const }], commits: [] }]]),
  );
  const [group] = manifest().groups;
  const partitions = group!.topics.flatMap((topic) =>
    (topic === 0 ? [0, 1] : [0]).map((partition) => ({ topic, partition })),
  );
  expect(group!.others!.members).toEqual([{ ...theirs, partitions, perhaps: true }]);
});

describe('what the audit reads', () => {
  const ends: Record<string, (readonly [number, number])[]> = {};
  const begun = async (more = '') => {
    Object.assign(ends, { 't-beef': [[5, 5]], 'u-beef': [[0, 0]] });
    const verification = verificationOf(twoTopics + more);
    const admin = adminAt(ends);
    await verification.begin(admin, []);
    Object.assign(ends, { 't-beef': [[250_000, 249_000]], 'u-beef': [[90_000, 90_000]] });
    return { verification, admin };
  };

  it('is all of the run’s part of the log, to the end that it has now', async () => {
    const { verification, admin } = await begun();
    expect(await verification.partitions(admin)).toEqual([
      {
        ...{ topic: 't-beef', partition: 0, begin: 5, from: 5 },
        end: { highWatermark: 250_000, lastStableOffset: 249_000 },
      },
      {
        ...{ topic: 'u-beef', partition: 0, begin: 0, from: 0 },
        end: { highWatermark: 90_000, lastStableOffset: 90_000 },
      },
    ]);
  });

  it('ends behind the high watermark where replicas are behind', async () => {
    const { verification, admin } = await begun();
    Object.assign(ends, { 't-beef': [[250_000, 249_000, 250_007]] });
    const [first] = await verification.partitions(admin);
    expect(first!.end).toEqual({ highWatermark: 250_000, lastStableOffset: 249_000, logEnd: 250_007 });
    const refusing = { ...admin, logEnds: () => Promise.reject(new Error('too old')) };
    const [untold] = await verification.partitions(refusing);
    expect(untold!.end).toEqual({ highWatermark: 250_000, lastStableOffset: 249_000 });
  });

  it('is the last 100 000 offsets where a tail is asked for', async () => {
    const { verification, admin } = await begun('verify: { audit: tail }\n');
    expect(manifest().audit).toBe('tail');
    const partitions = await verification.partitions(admin);
    expect(partitions.map(({ begin, from }) => [begin, from])).toEqual([
      [5, 150_000],
      [0, 0],
    ]);
  });

  it('has no end that is known where nobody can be asked, or a partition is not told of', async () => {
    const { verification, admin } = await begun();
    expect((await verification.partitions(null)).map(({ end }) => end)).toEqual([null, null]);
    Object.assign(ends, { 't-beef': [] });
    expect((await verification.partitions(admin)).map(({ end }) => end === null)).toEqual([true, false]);
  });

  it('is in a file that must be whole, unless the reader failed', async () => {
    const { verification } = await begun();
    verification.audited(null);
    expect(manifest()).toMatchObject({ files: { audit: { name: 'audit.kbev', ended: true } }, damage: [] });
    verification.audited('no broker');
    expect(manifest()).toMatchObject({
      files: { audit: { name: 'audit.kbev', ended: false } },
      damage: [{ part: 'log', text: 'the audit ended early: no broker' }],
    });
  });
});

describe('the verdict', () => {
  const judged = async (more = '', harm: () => void = () => undefined) => {
    const verification = verificationOf(twoTopics + more);
    await verification.begin(adminAt(empty), []);
    verification.condition('kill of a/0', false);
    harm();
    return verification.judge();
  };

  it('rests on what has been written down by then, and names where it lies', async () => {
    const { delivery, warnings } = await judged();
    expect(delivery).toMatchObject({ verdict: 'NONE', evidence: 'run.evidence', attempted: 0 });
    expect(delivery.reasons).toContain('did not happen: kill of a/0');
    expect(warnings).toEqual([]);
    expect(manifest().conditions).toEqual([{ name: 'kill of a/0', met: false }]);
  });

  it('stands without its evidence where nobody wants to keep that', async () => {
    const { delivery, warnings } = await judged('verify: { evidence: false }\n');
    expect(delivery).toMatchObject({ verdict: 'NONE', evidence: null });
    expect(warnings).toEqual([]);
    expect(existsSync(directory())).toBe(false);
  });

  it('stands without evidence that is too large to keep, and says so', async () => {
    const { delivery, warnings } = await judged('', () => {
      const large = join(directory(), 'member-0.kbev');
      writeFileSync(large, '');
      truncateSync(large, 2 ** 30);
    });
    expect(delivery.evidence).toBeNull();
    expect(warnings.map(({ code }) => code)).toEqual(['evidence-dropped']);
    expect(existsSync(directory())).toBe(false);
  });
});
