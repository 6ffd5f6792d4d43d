import type { KeyHashes, SentMessages } from '../sent-messages.ts';
import { keyHash } from '../../../protocol/evidence/key-hash.ts';
import { canBeToldAgain, keysOf, tombstonesOf } from '../../../workload/client-stream.ts';
import type { EvidenceManifest } from './manifest.ts';

type Identity = `${number}.${number}`;

/** What each client sent, made again by the rules in the manifest. */
export function sentMessages({
  topics,
  producers,
}: EvidenceManifest): (producer: number, incarnation: number) => SentMessages | undefined {
  const sent = new Map(
    producers.map((rule): [Identity, SentMessages] => [
      `${rule.producer}.${rule.incarnation}`,
      sentBy(rule, topics[rule.topic]?.name ?? ''),
    ]),
  );
  return (producer, incarnation) => sent.get(`${producer}.${incarnation}`);
}

function sentBy(rule: EvidenceManifest['producers'][number], topic: string): SentMessages {
  const { name: producerName, client, incarnation, seed, tombstones, idempotent } = rule;
  const identity = { seed, producerName, client, incarnation };
  return {
    topic,
    rule: JSON.stringify(rule.key),
    idempotent,
    someTombstones: tombstones > 0,
    isTombstone: tombstonesOf(tombstones, identity),
    keyHashes: () => (canBeToldAgain(rule.key) ? keyHashes(rule, identity) : null),
  };
}

/** Keys are drawn one after the other: those in between are drawn too. */
function keyHashes(
  { key, client, of }: EvidenceManifest['producers'][number],
  identity: Parameters<typeof keysOf>[1],
): KeyHashes {
  const keys = keysOf(key, identity, () => NaN);
  let last = -1;
  let hash = -1;
  return (sequence) => {
    if (sequence < last) throw new RangeError(`keys are asked in ascending order: ${sequence} after ${last}`);
    let made: Uint8Array | null = null;
    if (sequence === last) return hash;
    while (last < sequence) made = keys.next(++last * of + client);
    return (hash = made === null ? -1 : keyHash(made));
  };
}
