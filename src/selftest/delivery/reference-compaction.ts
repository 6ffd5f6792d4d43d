import type { CompactionPolicy } from '../../judge/delivery/sent-messages.ts';
import type { Log, Message } from './reference-log.ts';
import type { Trace, TraceProducer } from './trace.ts';

type Removal = 'compacted' | 'unaudited' | null;

/** What log compaction explains, by its definition: whole lists, and keys compared as they are. */
export interface ReferenceCompaction {
  /** Of a message acknowledged at `offset`. */
  removed(message: Message, offset: number): Removal;
  /** Of one acknowledged without an offset. */
  removedBefore(message: Message): Removal;
  /** True where a record of its key is, or may have been, somewhere. */
  anywhere(message: Message): boolean;
  mayBeGone(partition: number, offset: number, key: Buffer | null): boolean;
  /** True where nobody can say what keys its messages had. */
  hasUnknownKeys(source: TraceProducer): boolean;
  /** True where a record is, so that no other can have been there. */
  isTaken(partition: number, offset: number): boolean;
  /** `partition/offset` of messages whose absence is explained so far. */
  readonly explained: Set<string>;
}

export function referenceCompaction(
  trace: Trace,
  policy: CompactionPolicy,
  log: Log,
  messages: ReadonlyMap<string, Message>,
): ReferenceCompaction {
  const all = [...messages.values()];
  const isTaken = (partition: number, offset: number) =>
    !trace.remade && log.places.has(`${partition}/${offset}`);
  const gone = all.filter(({ send, outcome, places, source, acked }) => {
    if (!send?.isTombstone || send.key === null || !source.keysCanBeTold || places.length > 0) return false;
    if (outcome === 'rejected' || outcome === 'aborted') return false;
    if (outcome === 'acked' && isTaken(acked!.partition, acked!.offset)) return false;
    return trace.auditedAt - send.at >= policy.deleteRetention * 1e6;
  });
  const isPlaced = ({ outcome, acked }: Message) =>
    outcome === 'acked' && acked!.partition >= 0 && acked!.offset >= 0;
  const isSampled = (source: TraceProducer) => log.sampled.has(source) && source.keysCanBeTold;
  /** Whether the keys of the rule are those in the log, where there are any. */
  const proofOf = (source: TraceProducer): 'proven' | 'refuted' | 'none' => {
    const others = trace.producers.filter(({ producer }) => producer === source.producer);
    const samples = isSampled(source) ? [source] : others.filter(isSampled);
    if (samples.some((each) => log.otherKeys.has(each))) return 'refuted';
    return samples.length > 0 ? 'proven' : 'none';
  };
  const isExplanation = (tombstone: Message) => isPlaced(tombstone) && proofOf(tombstone.source) === 'proven';
  const begin = Math.min(...trace.producers.map(({ sends }) => sends[0]?.at ?? 0));
  const isOldEnough = (at: number) => at <= trace.auditedAt - policy.deleteRetention * 1e6;
  /** The last offset that was handed out, and nobody knows to whom; −1 where there is none. */
  const lastHoles = trace.partitions.map((_, index): number => {
    const { begin, position, highWatermark } = trace.partitions[index]!;
    const acknowledged = all
      .filter((each) => isPlaced(each) && each.places.length === 0 && each.acked!.partition === index)
      .map(({ acked }) => acked!.offset);
    if (trace.remade) return -1;
    // What lies below was there before the run, and is not read.
    const own = Array.from({ length: Math.min(position ?? 0, highWatermark) }, (_, i) => i).slice(begin);
    return own.findLast((each) => !log.places.has(`${index}/${each}`) && !acknowledged.includes(each)) ?? -1;
  });
  const ofKey = (tombstones: readonly Message[], key: Buffer) =>
    tombstones.filter(({ send }) => send!.key!.equals(key));

  const explained = (partition: number, offset: number, key: Buffer, whose: Message | null): Removal => {
    const later = log.keyed.some(
      (record) => record.partition === partition && record.offset > offset && record.key.equals(key),
    );
    const tombstones = ofKey(gone, key);
    const removed = tombstones.some(
      (each) => isExplanation(each) && each.acked!.partition === partition && each.acked!.offset >= offset,
    );
    if (later || removed) return policy.certain ? 'compacted' : 'unaudited';
    const undecided = log.undecided.some(
      (record) => record.partition === partition && record.offset > offset && record.key.equals(key),
    );
    const doubtful = tombstones.filter((each) => !isExplanation(each));
    const isEarlier = (each: Message) => each.source === whose?.source && each.sequence < whose.sequence;
    if (undecided || doubtful.some((each) => !isEarlier(each))) return 'unaudited';
    return isOldEnough(whose?.send?.at ?? begin) && lastHoles[partition]! > offset ? 'unaudited' : null;
  };
  const hasUnknownKeys = (source: TraceProducer) => !source.keysCanBeTold || proofOf(source) !== 'proven';
  const isTold = ({ source }: Message) => source.keysCanBeTold && proofOf(source) !== 'refuted';
  const keyOf = ({ send }: Message): Buffer | null => send?.key ?? null;

  const reference: ReferenceCompaction = {
    isTaken,
    hasUnknownKeys,
    explained: new Set(),
    removed(message, offset) {
      if (!isTold(message)) return 'unaudited';
      const key = keyOf(message);
      if (key !== null && proofOf(message.source) === 'none') return 'unaudited';
      return key && explained(message.acked!.partition, offset, key, message);
    },
    removedBefore(message) {
      const next = all
        .filter(({ source, sequence }) => source === message.source && sequence > message.sequence)
        .sort((a, b) => a.sequence - b.sequence)
        .find((each) => isPlaced(each) && each.acked!.partition === message.acked!.partition);
      const removal = next ? reference.removed(message, next.acked!.offset - 1) : null;
      return removal ?? (reference.anywhere(message) ? 'unaudited' : null);
    },
    anywhere(message) {
      if (!isTold(message)) return true;
      const key = keyOf(message);
      if (key === null) return false;
      if (proofOf(message.source) === 'none') return true;
      const isThere = [...log.keyed, ...log.undecided].some((record) => record.key.equals(key));
      const isHoled = lastHoles.some((last) => last >= 0);
      return isThere || ofKey(gone, key).length > 0 || (isHoled && isOldEnough(message.send!.at));
    },
    mayBeGone(partition, offset, key) {
      if (isTaken(partition, offset)) return false;
      const { position, highWatermark } = trace.partitions[partition]!;
      if (position === null || position < highWatermark) return true;
      return key !== null && explained(partition, offset, key, null) !== null;
    },
  };
  return reference;
}
