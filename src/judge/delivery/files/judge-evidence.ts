import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { AckTimes } from '../ack-times.ts';
import type { CompactionPolicy } from '../sent-messages.ts';
import { DeliveryCheck } from '../delivery-check.ts';
import { emptyRecord, recordKinds } from '../../../protocol/evidence/record.ts';
import type { DeliveryVerdict, Damage } from '../verdict.ts';
import type { DeliveryResult } from '../../../results/schema.ts';
import { EvidenceFileReader } from './evidence-file.ts';
import type { EvidenceManifest } from './manifest.ts';
import { readManifest } from './manifest.ts';
import { mergeByTime } from './merge.ts';
import { sentMessages } from './sent-messages.ts';
import { foreignCommits, othersOf, sharedGroups } from './shared-groups.ts';

/**
 * From the evidence in a directory to the verdict, without a cluster: what a run does at its end, and `verify replay`
 * again whenever it is asked.
 *
 * @throws BenchError `results` where there is no evidence
 */
export async function judgeEvidence(directory: string): Promise<DeliveryResult> {
  const manifest = readManifest(directory);
  const { run, guarantee, order, readUncommitted, conditions, files } = manifest;
  const check = new DeliveryCheck({
    run,
    guarantee,
    order,
    readUncommitted,
    measureStart: manifest.measureStart ?? null,
    topics: manifest.topics.map(({ name }) => name),
    groups: manifest.groups,
    remade: new Set(remakes(manifest).map(({ topic }) => topic)),
    producers: destinations(manifest),
    deadLetters: manifest.deadLetters,
    compaction: {
      policies: compactedTopics(manifest),
      sent: sentMessages(manifest),
      auditedAt: manifest.auditedAt === undefined ? null : manifest.auditedAt * 1000,
    },
  });
  const damage: Damage[] = [...manifest.damage, ...lostLetters(manifest)];
  const reading = (list: EvidenceManifest['files']['producers']) =>
    list.map(({ name, ended }) => new EvidenceFileReader(directory, name, ended, run));

  const producers = reading(files.producers);
  for (const file of producers) while (await file.next((record) => check.apply(record)));
  damage.push(...damageOf('producers', producers));

  for (const record of owed(manifest)) check.apply(record);
  const foreign = await foreignCommits(manifest, () => reading(files.members));
  for (const { group, topic, partition } of [...othersOf(manifest), ...foreign]) {
    check.shares(group, topic, partition);
  }
  const members = reading(files.members);
  const remaking = remakes(manifest);
  const remakeUntil = (time: number): void => {
    while (remaking.length > 0 && remaking[0]!.after * 1000 < time) check.remade(remaking.shift()!.topic);
  };
  await mergeByTime(members, (record) => {
    remakeUntil(record.time);
    check.apply(record);
  });
  remakeUntil(Infinity);
  damage.push(...damageOf('groups', members));

  if (files.audit !== null) {
    for (const record of expected(manifest)) check.apply(record);
    // One that did not begin has no file, and the run says why.
    const isThere = existsSync(join(directory, files.audit.name));
    const isTold = !files.audit.ended && manifest.damage.some(({ part }) => part === 'log');
    const audit = isThere || !isTold ? reading([files.audit]) : [];
    for (const file of audit) while (await file.next((record) => check.apply(record)));
    for (const record of gone(manifest)) check.apply(record);
    damage.push(...damageOf('log', audit));
  }

  const doubts = [...manifest.gaveUp, ...doubtsOf(manifest), ...sharedGroups(manifest, foreign)];
  const verdict = check.judge({ conditions, damage, doubts });
  const { seconds } = check;
  return {
    ...verdict,
    ...(seconds ? { seconds } : {}),
    audit: manifest.audit,
    stages: [],
    witnesses: await withAckTimes(verdict, directory, manifest),
    evidence: basename(directory),
  };
}

function destinations({ producers, topics }: EvidenceManifest) {
  return producers.flatMap(({ producer, incarnation, topic, partition }) => {
    const { name } = topics[topic] ?? {};
    return name === undefined ? [] : [{ producer, incarnation, destination: { topic: name, partition } }];
  });
}

/** When names came to stand for other topics, in the order of time. */
function remakes({ topics }: EvidenceManifest): { topic: string; after: number }[] {
  return topics
    .flatMap(({ name, changes = [] }) => changes.map(({ after }) => ({ topic: name, after })))
    .sort((a, b) => a.after - b.after);
}

function doubtsOf({ topics, groups }: EvidenceManifest): string[] {
  return topics.flatMap(({ name, changes = [] }, topic) => {
    const readers = groups.filter((group) => group.topics.includes(topic)).map((group) => group.name);
    if (changes.length === 0 || readers.length === 0) return [];
    const how = changes.at(-1)!.id === null ? 'was deleted' : 'was deleted and made again';
    return [`topic ${name} ${how}: what ${readers.join(', ')} processed before and after it looks the same`];
  });
}

function lostLetters({ deadLetters }: EvidenceManifest): Damage[] {
  return deadLetters.flatMap(({ name, changes = [] }) =>
    changes.length === 0
      ? []
      : [
          {
            part: 'dead-letters' as const,
            text: `dead-letter topic ${name} was deleted while the run went on`,
          },
        ],
  );
}

function compactedTopics({ topics }: EvidenceManifest): Map<string, CompactionPolicy> {
  return new Map(topics.flatMap(({ name, compaction }) => (compaction ? [[name, compaction] as const] : [])));
}

function damageOf(part: Damage['part'], files: readonly EvidenceFileReader[]): Damage[] {
  return files.flatMap((file) => file.damage.map((text) => ({ part, text })));
}

/** A group owes what the run put into the topics that it reads: everything behind their ends when the run began. */
function* owed({ groups, topics }: EvidenceManifest) {
  for (const [part, group] of groups.entries()) {
    for (const [place, topic] of group.topics.entries()) {
      const begins = topics[topic]?.begins ?? [];
      const assigned = group.assigned?.[place] ?? begins.length;
      for (const [partition, offset] of begins.slice(0, assigned).entries()) {
        yield { ...emptyRecord(), kind: recordKinds.owes, part, topic, partition, offset };
      }
    }
  }
}

/** Every partition has to be read, whatever the reader says of itself. */
function* expected({ topics }: EvidenceManifest) {
  for (const [topic, { begins }] of topics.entries()) {
    for (const [partition, begin] of begins.entries()) {
      yield {
        ...emptyRecord(),
        kind: recordKinds.logRange,
        topic,
        partition,
        sequence: begin,
        offset: begin,
      };
    }
  }
}

/** Partitions that went with their topic: there is nothing to read in them. */
function* gone({ topics }: EvidenceManifest) {
  for (const [topic, { begins, changes }] of topics.entries()) {
    const last = changes?.at(-1);
    if (last === undefined) continue;
    for (let partition = last.partitions; partition < begins.length; partition++) {
      yield { ...emptyRecord(), kind: recordKinds.logEnd, topic, partition, offset: 0, sequence: 0, time: 0 };
    }
  }
}

/** A second look at the producers' evidence, for the few messages that are told of. */
async function withAckTimes(
  { witnesses }: DeliveryVerdict,
  directory: string,
  { files, run }: EvidenceManifest,
): Promise<DeliveryVerdict['witnesses']> {
  if (!witnesses.some(({ acked }) => acked !== undefined)) return witnesses;
  const times = new AckTimes(witnesses);
  for (const { name, ended } of files.producers) {
    const file = new EvidenceFileReader(directory, name, ended, run);
    while (await file.next((record) => times.apply(record)));
  }
  return times.complete();
}
