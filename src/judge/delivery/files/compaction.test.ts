import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codes, recordKinds, type EvidenceRecord } from '../../../protocol/evidence/record.ts';
import { keyHash } from '../../../protocol/evidence/key-hash.ts';
import type { KeySpec } from '../../../workload/keys.ts';
import { MessageSource } from '../../../workload/message-source.ts';
import { evidenceDirectory, manifestOf, run, writeEvidence } from './evidence.case.ts';
import { judgeEvidence } from './judge-evidence.ts';
import { readManifest, writeManifest, type EvidenceManifest } from './manifest.ts';

let directory: string;
beforeEach(() => (directory = evidenceDirectory()));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const seed = 12;
const clients = 2;
const perClient = 60;

interface Sent {
  readonly client: number;
  readonly sequence: number;
  readonly offset: number;
  readonly key: Buffer;
  readonly isTombstone: boolean;
}

/** What two clients of a producer send, by the code that sends it, one message each in turn into one partition. */
function send(key: KeySpec, tombstones = 0): Sent[] {
  const spec = { producerName: 'writer', key, envelope: 'header', tombstones } as const;
  const value = { kind: 'bytes', sizes: [{ size: 8, weight: 1 }], compressibility: 0 } as const;
  const sources = Array.from(
    { length: clients },
    (_, client) =>
      new MessageSource(
        { ...spec, value },
        { seed, client, run, producerId: client, incarnation: 0, wallClock: () => 1_770_000_000_000 },
      ),
  );
  return Array.from({ length: perClient * clients }, (_, offset) => {
    const [client, sequence] = [offset % clients, Math.floor(offset / clients)];
    const source = sources[client]!;
    source.next(sequence, sequence * clients + client, 0);
    return { client, sequence, offset, key: Buffer.from(source.key!), isTombstone: source.value === null };
  });
}

/** Each is handed over at its offset, in seconds. */
function evidenceOf(sent: readonly Sent[], log: readonly Sent[], key: KeySpec, tombstones: number): void {
  for (let client = 0; client < clients; client++) {
    const own = { client, part: 0 };
    const sends = sent
      .filter((each) => each.client === client)
      .flatMap(({ sequence, offset }): Partial<EvidenceRecord>[] => [
        ...(sequence === 0 ? [] : [handedOver(client, sequence, offset)]),
        {
          ...{ ...own, kind: recordKinds.sends, code: codes.sends.confirmed, partition: 0 },
          ...{ sequence, offset },
        },
      ]);
    writeEvidence(directory, `producer-${client}.0.kbev`, [
      { ...own, kind: recordKinds.opened, code: codes.opened.acksSome, time: (client + 1) * 1e9 },
      ...sends,
      { ...own, kind: recordKinds.ended, sequence: perClient },
    ]);
  }
  writeEvidence(directory, 'audit.kbev', [
    { kind: recordKinds.logRange, partition: 0, offset: 0 },
    ...log.map(({ client, sequence, offset, key: bytes }) => ({
      ...{ kind: recordKinds.log, code: codes.log.ok, partition: 0, client, part: 0, sequence, offset },
      time: keyHash(bytes) + 1,
    })),
    { kind: recordKinds.logEnd, partition: 0, offset: sent.length, sequence: sent.length, time: sent.length },
  ]);
  const producers = Array.from({ length: clients }, (_, client) => ({
    ...{
      producer: client,
      incarnation: 0,
      topic: 0,
      partition: -1,
      name: 'writer',
      client,
      of: clients,
      seed,
    },
    ...{ key, tombstones, idempotent: false },
  }));
  writeManifest(directory, manifestOf({ ...manifest, producers }));
}

const handedOver = (client: number, sequence: number, second: number) => ({
  ...{ kind: recordKinds.sends, code: codes.sends.handedOver, client, part: 0 },
  ...{ sequence: sequence - 1, time: (second + 1) * 1e9 },
});

const retention = 50;
const manifest: Partial<EvidenceManifest> = {
  order: 'none',
  topics: [{ name: 'orders', begins: [0], compaction: { deleteRetention: retention * 1000, certain: true } }],
  auditedAt: (perClient * clients + 5) * 1e6,
  files: {
    producers: Array.from({ length: clients }, (_, i) => ({ name: `producer-${i}.0.kbev`, ended: true })),
    members: [],
    audit: { name: 'audit.kbev', ended: true },
  },
};

const newestOfEach = (sent: readonly Sent[]): Sent[] =>
  sent.filter(({ key, offset }) => !sent.some((each) => each.offset > offset && each.key.equals(key)));

const judged = (sent: readonly Sent[], log: readonly Sent[], key: KeySpec, tombstones = 0) => {
  evidenceOf(sent, log, key, tombstones);
  return judgeEvidence(directory);
};

describe.each<[string, KeySpec]>([
  ['fixed', { kind: 'fixed', text: 'one' }],
  ['sequence', { kind: 'sequence', count: 7 }],
  ['uniform', { kind: 'uniform', count: 20 }],
  ['uniform, of more keys than are prepared', { kind: 'uniform', count: 2 ** 33 }],
  ['zipf', { kind: 'zipf', n: 30, s: 1.1 }],
  ['template with a number', { kind: 'template', text: 'account-${random:int:1:9}' }],
  ['template with a text', { kind: 'template', text: '${producer}/${random:text:1}' }],
  ['template with the index', { kind: 'template', text: '${seq}' }],
])('a compacted log with keys: %s', (_, key) => {
  it('has lost nothing where the newest of each key is there', async () => {
    const sent = send(key);
    const log = newestOfEach(sent);
    expect(await judged(sent, log, key)).toMatchObject({
      ...{ verdict: 'PASS', acked: sent.length, present: log.length, lost: 0, unaudited: 0 },
      compacted: sent.length - log.length,
    });
  });

  it('has lost a newest one that was taken away', async () => {
    const sent = send(key);
    const victim = newestOfEach(sent).at(-1)!;
    // Of its key the one before is left.
    const ofKey = sent.filter((each) => each.key.equals(victim.key) && each !== victim);
    const log = sent.filter((each) => newestOfEach(sent).includes(each) || each === ofKey.at(-1));
    const { client: producer, sequence } = victim;
    expect(
      await judged(
        sent,
        log.filter((each) => each !== victim),
        key,
      ),
    ).toMatchObject({
      ...{ verdict: 'FAIL', reasons: ['lost: 1'], lost: 1, unaudited: 0 },
      witnesses: [{ kind: 'lost', producer, incarnation: 0, sequence }],
    });
  });
});

describe('a compacted log', () => {
  it.each(['${now}', 'a-${uuid}'])('is unknown where something is gone and keys are %s', async (text) => {
    const key = { kind: 'template', text } as const;
    const sent = send(key);
    expect(await judged(sent, sent, key)).toMatchObject({ verdict: 'PASS', unaudited: 0 });
    expect(await judged(sent, sent.slice(1), key)).toMatchObject({
      ...{ verdict: 'UNKNOWN', reasons: ['unaudited: 1'], lost: 0, unaudited: 1 },
      witnesses: [{ kind: 'unaudited', note: 'compacted or lost: its key cannot be told again' }],
    });
  });

  it('may lack a tombstone whose time is up, and what was before it; not one before its time', async () => {
    const key = { kind: 'uniform', count: 20 } as const;
    const sent = send(key, 0.3);
    const young = newestOfEach(sent).findLast(({ isTombstone }) => isTombstone)!;
    const without = (key: Buffer) => newestOfEach(sent).filter((each) => !each.key.equals(key));
    const ofKey = sent.filter((each) => each.key.equals(young.key)).length;
    expect(await judged(sent, without(young.key), key, 0.3)).toMatchObject({ verdict: 'FAIL', lost: ofKey });
    const auditedAt = (young.offset + 1 + retention) * 1e6;
    expect(auditedAt).toBeGreaterThan(manifest.auditedAt!);
    writeManifest(directory, { ...readManifest(directory), auditedAt });
    expect(await judgeEvidence(directory)).toMatchObject({ verdict: 'PASS', lost: 0 });
  });
});
