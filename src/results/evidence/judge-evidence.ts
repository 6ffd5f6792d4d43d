import { basename } from 'node:path';
import { AckTimes } from '../../verify/ack-times.ts';
import { DeliveryCheck } from '../../verify/delivery-check.ts';
import { emptyRecord, recordKinds } from '../../verify/evidence/record.ts';
import type { DeliveryVerdict, Damage } from '../../verify/verdict.ts';
import type { DeliveryResult } from '../schema.ts';
import { EvidenceFileReader } from './evidence-file.ts';
import type { EvidenceManifest } from './manifest.ts';
import { readManifest } from './manifest.ts';
import { mergeByTime } from './merge.ts';

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
    producers: destinations(manifest),
    deadLetters: manifest.deadLetters,
  });
  const damage: Damage[] = [...manifest.damage];
  const reading = (list: EvidenceManifest['files']['producers']) =>
    list.map(({ name, ended }) => new EvidenceFileReader(directory, name, ended, run));

  const producers = reading(files.producers);
  for (const file of producers) while (await file.next((record) => check.apply(record)));
  damage.push(...damageOf('producers', producers));

  for (const record of owed(manifest)) check.apply(record);
  const members = reading(files.members);
  await mergeByTime(members, (record) => check.apply(record));
  damage.push(...damageOf('groups', members));

  if (files.audit !== null) {
    for (const record of expected(manifest)) check.apply(record);
    const audit = reading([files.audit]);
    for (const file of audit) while (await file.next((record) => check.apply(record)));
    damage.push(...damageOf('log', audit));
  }

  const verdict = check.judge({ conditions, damage, gaveUp: manifest.gaveUp });
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

function damageOf(part: Damage['part'], files: readonly EvidenceFileReader[]): Damage[] {
  return files.flatMap((file) => file.damage.map((text) => ({ part, text })));
}

/** A group owes what the run put into the topics that it reads: everything behind their ends when the run began. */
function* owed({ groups, topics }: EvidenceManifest) {
  for (const [part, group] of groups.entries()) {
    for (const topic of group.topics) {
      for (const [partition, offset] of (topics[topic]?.begins ?? []).entries()) {
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
