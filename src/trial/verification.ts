import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Admin, TopicPartition } from '../cluster/admin/admin.ts';
import { monotonic, type Micros } from '../base/clock.ts';
import { BenchError, messageOf, type Warning } from '../base/errors.ts';
import { formatBytes } from '../base/units.ts';
import { judgeEvidence } from '../judge/delivery/files/judge-evidence.ts';
import { writeManifest, type EvidenceManifest } from '../judge/delivery/files/manifest.ts';
import type { DeliveryResult } from '../results/schema.ts';
import { guaranteeOf } from '../scenario/guarantee.ts';
import type { Scenario } from '../scenario/schema.ts';
import {
  auditEvidenceName,
  memberEvidenceName,
  producerEvidenceName,
  type AuditedPartition,
  type ConsumePlan,
  type DeadLetterReading,
  type EvidencePlan,
  type ProducePlan,
  type ProducerClientPlan,
} from '../protocol/plan.ts';
import type { Others } from './monitor/other-members.ts';
import { TopicWatch, type TopicChange } from './monitor/topic-watch.ts';
import { mockPartitions, type RunTopics } from './plan/topics.ts';
import { compactionsOf, joined, type TopicCompaction } from './monitor/topic-compaction.ts';
import { verifiedGroups, type VerifiedGroup } from './plan/verified-groups.ts';

/** Evidence that grew beyond this is not kept: a disk must not fill with runs that passed. */
const keptBytes = 2 ** 30;
/** Of each partition, in an audit of tails. */
const tailOffsets = 100_000;

export interface VerificationOptions {
  readonly scenario: Scenario;
  readonly topics: RunTopics;
  readonly run: number;
  /** Made here; beside the result. */
  readonly directory: string;
}

/** What proves delivery: where evidence goes, what it is held against, and what it says in the end. */
export class Verification {
  /** What clients need to know of it. */
  readonly plan: EvidencePlan;
  readonly #options: VerificationOptions;
  #manifest: EvidenceManifest;
  /** Who writes dead letters: `group.id` to the number of the group. */
  readonly #deadLetterGroups = new Map<string, number>();
  /** Null without an admin client, and before the run begins. */
  #watch: TopicWatch | null = null;
  readonly #compaction = new Map<string, TopicCompaction>();

  /** @throws BenchError `results` where the directory cannot be made */
  constructor(options: VerificationOptions) {
    const { scenario, topics, directory, run } = options;
    this.#options = options;
    const names = verifiedTopics(scenario);
    const clusterName = (name: string): string => topics.byName.get(name)?.name ?? name;
    this.plan = { directory, topics: names.map(clusterName) };
    const guarantee = guaranteeOf(scenario);
    this.#manifest = {
      version: 2,
      run,
      guarantee,
      order: scenario.verify.order,
      audit: scenario.verify.audit === 'tail' ? 'tail' : 'full',
      readUncommitted: guarantee !== 'exactly-once',
      topics: names.map((name) => ({ name: clusterName(name), begins: [] })),
      groups: verifiedGroups(scenario).map((group) => ({
        name: group.name,
        topics: names.flatMap((name, i) => (group.topics.has(name) ? [i] : [])),
        ...(group.joins ? {} : { assigned: assignedTo(group, names, topics) }),
        backlog: 'unread',
      })),
      deadLetters: deadLetterTopics(scenario).map((name) => ({ name: clusterName(name), begins: [] })),
      producers: [],
      files: { producers: [], members: [], audit: null },
      conditions: [],
      damage: [],
      gaveUp: [],
    };
    try {
      mkdirSync(directory, { recursive: true });
    } catch (error) {
      throw new BenchError('results', `cannot make ${directory}: ${messageOf(error)}`, {
        hint: 'choose another place with --results DIR',
        cause: error,
      });
    }
  }

  get readUncommitted(): boolean {
    return this.#manifest.readUncommitted;
  }

  /** Before anything is sent, consumers in place: where logs end now is where the run's part of them begins. */
  async begin(admin: Admin | null, plans: readonly (ProducePlan | ConsumePlan)[]): Promise<void> {
    const all = this.#topics;
    this.#watch = admin && new TopicWatch(admin, new Set(all.map(({ name }) => name)));
    await this.#watch?.look();
    await Promise.all(
      all.map(async (topic) => {
        topic.begins = admin
          ? (await admin.offsets(topic.name)).map(({ end }) => end)
          : Array.from({ length: mockPartitions }, () => 0);
      }),
    );
    await this.#lookForCompaction(admin);
    for (const plan of plans) this.expectFiles(plan);
    this.#write();
  }

  #isCompacted(topic: string): boolean {
    return this.#topics.some(({ name, compaction }) => name === topic && compaction !== undefined);
  }

  get #topics(): (EvidenceManifest['topics'][number] | EvidenceManifest['deadLetters'][number])[] {
    return [...this.#manifest.topics, ...this.#manifest.deadLetters];
  }

  /** Asked when the run begins and again when logs are to be read, and looked at in between. */
  async #lookForCompaction(admin: Admin | null): Promise<void> {
    if (admin === null) return;
    const names = this.#topics.map(({ name }) => name);
    const now = await compactionsOf(names, admin);
    for (const topic of this.#topics) {
      const asked = joined(this.#compaction.get(topic.name), now.get(topic.name)!);
      const compaction = joined(asked, this.#watch?.compactionOf(topic.name) ?? asked);
      this.#compaction.set(topic.name, compaction);
      if (compaction === 'none') delete topic.compaction;
      else topic.compaction = compaction;
    }
  }

  /** Files that the plan's clients write, or will write. */
  expectFiles(plan: ProducePlan | ConsumePlan): void {
    const { producers, members } = this.#manifest.files;
    if (plan.role === 'produce') {
      for (const client of plan.clients) {
        if (client.envelope === 'none') continue;
        producers.push({ name: producerEvidenceName(client.producerId, client.incarnation), ended: false });
        const topic = this.plan.topics.indexOf(client.topic);
        if (topic >= 0) this.#manifest.producers.push({ topic, ...ruleOf(client, plan.seed) });
      }
    } else {
      for (const { evidence, deadLetter, config } of plan.clients) {
        members.push({ name: memberEvidenceName(evidence.member), ended: false });
        if (deadLetter !== null) this.#deadLetterGroups.set(String(config['group.id']), evidence.group);
      }
    }
  }

  /** Somebody else's in the run's groups, by their numbers. */
  sharesGroups(found: ReadonlyMap<number, Others>): void {
    for (const [number, { members, commits }] of found) {
      const group = this.#manifest.groups[number];
      const ours = ({ topic, partition }: TopicPartition) => {
        const place = this.plan.topics.indexOf(topic);
        return place < 0 ? [] : [{ topic: place, partition }];
      };
      const others = {
        members: members
          .map((each) =>
            each.partitions === 'unknown'
              ? { ...each, partitions: this.#partitionsRead(group), perhaps: true }
              : { ...each, partitions: each.partitions.flatMap(ours) },
          )
          .filter(({ partitions }) => partitions.length > 0),
        commits: commits.flatMap((each) => ours(each).map((place) => ({ ...each, ...place }))),
      };
      if (group && others.members.length + others.commits.length > 0) group.others = others;
    }
    this.#write();
  }

  /** All that a group reads, by the places of its topics. */
  #partitionsRead(group: EvidenceManifest['groups'][number] | undefined) {
    return (group?.topics ?? []).flatMap((topic) => {
      const { name = '', begins = [] } = this.#manifest.topics[topic] ?? {};
      const length = Math.max(begins.length, this.#watch?.partitionsOf(name) ?? 0);
      return Array.from({ length }, (_, partition) => ({ topic, partition }));
    });
  }

  /** The worker reported: its clients' files must be whole. */
  ended(plan: ProducePlan | ConsumePlan): void {
    const names = new Set(
      plan.role === 'produce'
        ? plan.clients.map(({ producerId, incarnation }) => producerEvidenceName(producerId, incarnation))
        : plan.clients.map(({ evidence }) => memberEvidenceName(evidence.member)),
    );
    const { producers, members } = this.#manifest.files;
    for (const file of [...producers, ...members]) if (names.has(file.name)) file.ended = true;
  }

  /** After the drain: `unread` are the groups that still had something to read, `stopped` ended by the scenario. */
  drained(unread: ReadonlySet<number>, stopped: ReadonlySet<number>): void {
    this.#manifest.groups.forEach((group, i) => {
      group.backlog = stopped.has(i) ? 'excused' : unread.has(i) ? 'unread' : 'owed';
    });
    this.#write();
  }

  /** `at` µs on CLOCK_MONOTONIC, `wall` the same in ms since 1970: a replay tells times from it. */
  measures(at: Micros, wall: number): void {
    // Records have whole milliseconds: the first one must not seem to be from before.
    this.#manifest.measureStart = { monotonic: at, wall: Math.floor(wall) };
    this.#watch?.start();
    this.#write();
  }

  get measureStart(): EvidenceManifest['measureStart'] {
    return this.#manifest.measureStart;
  }

  /** What the audit reads, given where logs end now; without an admin client the reader asks for that itself. */
  async partitions(admin: Admin | null): Promise<AuditedPartition[]> {
    await this.#lookForChanges();
    await this.#lookForCompaction(admin);
    // The fate of a dead letter in a compacted topic rests on its original's key.
    const all = this.#manifest.deadLetters.some(({ compaction }) => compaction !== undefined);
    const whole = await partitionsOf(this.#manifest.topics, admin, (name) => all || this.#isCompacted(name));
    if (this.#manifest.audit !== 'tail') return whole;
    return whole.map((each) =>
      each.end === null
        ? each
        : { ...each, from: Math.max(each.begin, each.end.highWatermark - tailOffsets) },
    );
  }

  /** Topics that were made again and partitions that were added meanwhile: their logs begin with this run. */
  async #lookForChanges(): Promise<void> {
    if (this.#watch === null) return;
    await this.#watch.look('last');
    for (const topic of [...this.#manifest.topics, ...this.#manifest.deadLetters]) {
      const changes = this.#watch.changesOf(topic.name);
      const now = this.#watch.partitionsOf(topic.name);
      const wasRemade = changes.length > (topic.changes?.length ?? 0);
      const begins = Array.from(
        { length: Math.max(topic.begins.length, now) },
        (_, i) => topic.begins[i] ?? 0,
      );
      topic.begins = wasRemade ? begins.map(() => 0) : begins;
      if (changes.length > 0)
        topic.changes = [...changes.slice(0, -1), { ...changes.at(-1)!, partitions: now }];
    }
  }

  /** After the audit has read: what it read is of the topics that it was to read. */
  async readWhatItShould(): Promise<void> {
    // Nobody answers: no news.
    await this.#watch?.look('last').catch(() => undefined);
    for (const [part, topics] of [
      ['log', this.#manifest.topics],
      ['dead-letters', this.#manifest.deadLetters],
    ] as const) {
      for (const { name, changes = [] } of topics) {
        if ((this.#watch?.changesOf(name).length ?? 0) === changes.length) continue;
        const text = `topic ${name} was deleted or made again while it was audited`;
        this.#manifest.damage.push({ part, text });
      }
    }
  }

  close(): void {
    this.#watch?.close();
  }

  /** What the audit reads of dead letters: everything that came in this run. */
  async deadLetters(admin: Admin | null): Promise<DeadLetterReading> {
    const keys = this.#topics.some(({ compaction }) => compaction !== undefined);
    // Nobody writes dead letters in transactions, and those of others hold up nothing.
    const partitions = (await partitionsOf(this.#manifest.deadLetters, admin, () => keys)).map((each) => ({
      ...each,
      end: each.end && { ...each.end, lastStableOffset: each.end.highWatermark },
    }));
    const topics = this.#manifest.deadLetters.map(({ name }) => name);
    return { topics, partitions, groups: this.#deadLetterGroups };
  }

  /** The audit's file is there; `failure` says why it is not whole. */
  audited(failure: string | null): void {
    this.#manifest.files.audit = { name: auditEvidenceName, ended: failure === null };
    this.#manifest.auditedAt = monotonic.now();
    if (failure !== null)
      this.#manifest.damage.push({ part: 'log', text: `the audit ended early: ${failure}` });
    this.#write();
  }

  /** Something that the run was to bring about; where it did not happen the verdict is VACUOUS. */
  condition(name: string, met: boolean): void {
    this.#manifest.conditions.push({ name, met });
  }

  /** What the run did not wait for, or could not go on with: the verdict is UNKNOWN at best. */
  gaveUp(...texts: readonly string[]): void {
    this.#manifest.gaveUp.push(...texts);
  }

  /** From what has been written down, and from nothing else: `verify replay` says the same. */
  async judge(): Promise<{ delivery: DeliveryResult; warnings: readonly Warning[] }> {
    this.#write();
    const { directory, scenario } = this.#options;
    const delivery = await judgeEvidence(directory);
    const warnings = scenario.verify.evidence ? this.#limit() : [];
    const kept = scenario.verify.evidence && warnings.length === 0;
    if (!kept) rmSync(directory, { recursive: true, force: true });
    return { delivery: kept ? delivery : { ...delivery, evidence: null }, warnings };
  }

  #limit(): readonly Warning[] {
    const { directory } = this.#options;
    const bytes = readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
    if (bytes <= keptBytes) return [];
    return [
      {
        code: 'evidence-dropped',
        message: `the delivery evidence was ${formatBytes(bytes)}, more than the ${formatBytes(keptBytes)} that are kept: the verdict stands, and cannot be replayed`,
      },
    ];
  }

  #write(): void {
    writeManifest(this.#options.directory, this.#manifest);
  }
}

/** Topics that messages with an envelope go to, as the scenario calls them. */
export function verifiedTopics(scenario: Scenario): string[] {
  return [
    ...new Set(scenario.producers.filter(({ envelope }) => envelope !== 'none').map(({ topic }) => topic)),
  ];
}

/** Topics that consumers put into what they cannot process, as the scenario calls them. */
function deadLetterTopics({ consumers }: Scenario): string[] {
  return [...new Set(consumers.flatMap(({ deadLetter }) => deadLetter?.topic ?? []))];
}

/** How many partitions a client without a group is given of each topic: those that there are when it begins. */
function assignedTo(group: VerifiedGroup, names: readonly string[], { byName }: RunTopics): number[] {
  return names.flatMap((name) => (group.topics.has(name) ? [byName.get(name)?.partitions ?? 0] : []));
}

/**
 * From where logs were when the run began to where they end now; no end without an admin client. What went with a
 * deleted topic cannot be read.
 */
async function partitionsOf(
  topics: readonly {
    readonly name: string;
    readonly begins: readonly number[];
    readonly changes?: readonly TopicChange[];
  }[],
  admin: Admin | null,
  keysOf: (topic: string) => boolean,
): Promise<AuditedPartition[]> {
  const lists = await Promise.all(
    topics.map(async ({ name: topic, begins, changes }) => {
      const left = begins.slice(0, changes?.at(-1)?.partitions ?? begins.length);
      const now = left.length === 0 ? [] : await admin?.offsets(topic);
      // Asked afterwards: an end that is at the high watermark or before it says that nothing is behind.
      const logEnds = left.length === 0 ? undefined : await admin?.logEnds(topic).catch(() => undefined);
      const keys = keysOf(topic) ? { keys: true } : {};
      return left.map((begin, partition) => {
        const offsets = now?.[partition];
        const logEnd = logEnds?.get(partition);
        const end = offsets && {
          ...{ highWatermark: offsets.end, lastStableOffset: offsets.stable },
          ...(logEnd === undefined ? {} : { logEnd }),
        };
        return { topic, partition, begin, from: begin, end: end ?? null, ...keys };
      });
    }),
  );
  return lists.flat();
}

/** Where a client's messages go, and how their keys can be made again. */
function ruleOf(
  client: ProducerClientPlan,
  seed: number,
): Omit<EvidenceManifest['producers'][number], 'topic'> {
  const { producerId: producer, incarnation, name, index, of, key, tombstones, partition, config } = client;
  return {
    ...{ producer, incarnation, name, client: index, of, seed, key, tombstones },
    partition: typeof partition === 'number' ? partition : -1,
    idempotent: config['enable.idempotence'] === true,
  };
}
