import type { Random } from '../../base/random.ts';
import { letterOf } from './dead-letter-mutations.ts';
import { handBroken, skip } from './group-mutations.ts';
import { flip, lost, storeAgain, unaudited } from './log-mutations.ts';
import {
  ackedMessages,
  moveBehind,
  PASS,
  pick,
  removeRecord,
  storedMessages,
  type Acked,
  type Expectation,
  type Mutation,
  type Stored,
} from './mutation.ts';
import { remake } from './shared-mutations.ts';
import { append, moveEnd, type Trace, type TracePartition, type TraceRecord } from './trace.ts';

/** Dead letters in a topic that keeps the last of each key. */
const letterMutations: readonly Mutation[] = [
  {
    name: 'a dead letter compacted by a later one of its key',
    plants: 'none',
    apply: (trace, random) => aside(trace, random, 'later') && PASS,
  },
  {
    name: 'a dead letter gone, where only an earlier one of its key is there',
    plants: 'delivery-loss',
    apply: (trace, random) => {
      const gone = aside(trace, random, 'earlier');
      return (
        gone && {
          ...{ verdict: 'FAIL', anomalies: { 'delivery-loss': 1 } },
          ids: { 'delivery-loss': [gone.id] },
        }
      );
    },
  },
  {
    name: 'a message that nobody said was put aside, and a later dead letter of its key',
    plants: 'delivery-loss',
    apply: (trace, random) => {
      const gone = aside(trace, random, 'later');
      if (gone === null) return null;
      for (const { events } of trace.groups) {
        const claim = events.findIndex(
          (event) =>
            event.type === 'dead-lettered' &&
            event.partition === gone.partition &&
            event.offset === gone.record.offset,
        );
        if (claim >= 0) events.splice(claim, 1);
      }
      return { verdict: 'FAIL', anomalies: { 'delivery-loss': 1 }, ids: { 'delivery-loss': [gone.id] } };
    },
  },
];

const unproven = 'keys that no message in the log proves';

/** What a compacted log may lack, and what it may not. */
export const compactionMutations: readonly Mutation[] = [
  mutation('a compacted log', 'none', ({ gone }) => passed(gone)),
  mutation('take away the newest record of a key', 'lost', ({ trace, gone, victim }) => {
    remove(trace, victim);
    return taken(trace, gone, [victim]);
  }),
  mutation('take away all records of a key', 'lost', ({ trace, gone, victim }) => {
    const all = ackedMessages(trace).filter((each) => isSameKey(each, victim));
    removeKey(trace, victim);
    return taken(trace, gone, all);
  }),
  mutation('a later record of its key, in another partition', 'lost', ({ trace, gone, victim }) => {
    if (trace.partitions.length < 2) return null;
    remove(trace, victim);
    append(trace.partitions[(victim.partition + 1) % trace.partitions.length]!, victim.send.key, foreign);
    return taken(trace, gone, [victim]);
  }),
  mutation('cut off a record, and give its place to another', 'lost', (scene) => {
    const { trace, gone, victim } = scene;
    // Its key's later record is there: without its place it would look compacted.
    append(trace.partitions[victim.partition]!, victim.send.key, foreign);
    victim.record.key = null;
    victim.record.value = foreign;
    return { ...lost([victim]), compacted: gone.length };
  }),
  mutation('cut off a record whose place another one had that is compacted', 'lost', (scene) => {
    const { trace, gone, victim } = scene;
    const at = victim.acked.offset;
    const other = gone.find(({ partition, acked }) => partition === victim.partition && acked.offset < at);
    if (other === undefined) return null;
    append(trace.partitions[victim.partition]!, victim.send.key, foreign);
    remove(trace, victim);
    victim.acked.offset = other.acked.offset;
    const isFirst = [other, victim].sort(byLedger(trace))[0] === victim;
    return { ...lost([isFirst ? other : victim]), compacted: gone.length };
  }),
  mutation('a tombstone that was cut off explains nothing', 'lost', ({ trace, gone, victim }) => {
    victim.send.isTombstone = true;
    trace.auditedAt = upAt(trace, victim);
    const all = ackedMessages(trace).filter((each) => isSameKey(each, victim));
    const { record } = victim;
    removeKey(trace, victim);
    insert(trace.partitions[victim.partition]!, { ...record, key: null, value: foreign });
    return taken(trace, gone, all);
  }),
  mutation(
    'a message is not where it was acknowledged, and another one is',
    'inconsistent-offset',
    (scene) => {
      const { trace, gone, victim } = scene;
      storeAgain(trace, victim);
      victim.record.key = null;
      victim.record.value = foreign;
      victim.producer.idempotent = false;
      return {
        ...{ verdict: 'FAIL', anomalies: { 'inconsistent-offset': 1 }, compacted: gone.length },
        ids: { 'inconsistent-offset': [victim.id] },
      };
    },
  ),
  mutation('a compacted log that began before the run', 'none', ({ trace, gone, random }) => {
    moveBehind(trace, 1 + random.below(9));
    return passed(gone);
  }),
  mutation('cut off behind what others had written, and acknowledged without an offset', 'lost', (scene) => {
    const { trace, gone, victim, random } = scene;
    const all = ackedMessages(trace).filter((each) => isSameKey(each, victim));
    moveBehind(trace, 1 + random.below(9));
    cutOff(trace, victim);
    return taken(trace, gone, all);
  }),
  mutation(
    'cut off before an aborted record of its key, and acknowledged without an offset',
    'lost',
    (scene) => {
      const { trace, gone, victim } = scene;
      const all = ackedMessages(trace).filter((each) => isSameKey(each, victim));
      trace.readUncommitted = true;
      cutOff(trace, victim);
      append(trace.partitions[victim.partition]!, victim.send.key, foreign);
      trace.partitions[victim.partition]!.records.at(-1)!.isAborted = true;
      return taken(trace, gone, all);
    },
  ),
  mutation('take away a record without a key', 'lost', ({ trace, gone, random }) => {
    const keyless = pick(
      ackedMessages(trace).filter(({ send }) => send.key === null),
      random,
    );
    if (keyless === null) return null;
    remove(trace, keyless);
    return taken(trace, gone, [keyless]);
  }),
  mutation('take away a tombstone before its time', 'lost', ({ trace, gone, victim }) => {
    victim.send.isTombstone = true;
    trace.auditedAt = upAt(trace, victim) - 1;
    remove(trace, victim);
    return taken(trace, gone, [victim]);
  }),
  mutation('a tombstone that is gone when its time is up, with all before it', 'none', (scene) => {
    const { trace, gone, victim } = scene;
    victim.send.isTombstone = true;
    trace.auditedAt = upAt(trace, victim);
    const all = ackedMessages(trace).filter((each) => isSameKey(each, victim));
    removeKey(trace, victim);
    return passed([...gone, ...all]);
  }),
  mutation('take away what followed a tombstone that is gone', 'lost', ({ trace, gone, victim }) => {
    const before = [...gone, ...ackedMessages(trace)].filter(
      (each) => isSameKey(each, victim) && each.acked.offset < victim.acked.offset,
    );
    const tombstone = before.at(-1);
    if (tombstone === undefined) return null;
    tombstone.send.isTombstone = true;
    const all = ackedMessages(trace).filter((each) => isSameKey(each, victim) && !gone.includes(each));
    removeKey(trace, victim);
    const later = [...gone, ...all].filter(
      (each) => isSameKey(each, victim) && each.acked.offset > tombstone.acked.offset,
    );
    return { ...lost(later), compacted: gone.length + all.length - later.length };
  }),
  mutation('a tombstone of which nobody knows whether it was stored', 'unaudited', (scene) => {
    const { trace, gone, victim } = scene;
    victim.send.isTombstone = true;
    victim.send.reports = [{ outcome: 'failed' }];
    const all = ackedMessages(trace).filter((each) => isSameKey(each, victim));
    removeKey(trace, victim);
    const unknown = [...gone, ...all].filter((each) => isSameKey(each, victim));
    if (unknown.length === 0 || unknown.some(({ producer }) => producer !== victim.producer)) return null;
    return { ...unaudited(trace, unknown), compacted: gone.length + all.length - unknown.length };
  }),
  mutation('keys that nobody can tell again', 'unaudited', ({ trace, gone }) => {
    for (const producer of trace.producers) producer.keysCanBeTold = false;
    return gone.length === 0 ? null : unaudited(trace, gone);
  }),
  mutation('keys that are computed otherwise than they were sent', 'unaudited', ({ trace, gone, victim }) => {
    victim.send.key = Buffer.from('by another version');
    const of = gone.filter(({ producer }) => producer === victim.producer);
    const read = storedMessages(trace);
    // Another incarnation of which nothing is left is held against this one's.
    const isMisled = gone.some(
      ({ producer }) =>
        producer.producer === victim.producer.producer && !read.some((each) => each.producer === producer),
    );
    return of.length === 0 || isMisled
      ? null
      : { ...unaudited(trace, of), compacted: gone.length - of.length };
  }),
  mutation('brokers that do not tell their policy', 'unaudited', ({ trace, gone }) => {
    trace.compaction = { ...trace.compaction!, certain: false };
    return gone.length === 0 ? null : unaudited(trace, gone);
  }),
  mutation('end the audit of a compacted log before a newest record', 'unaudited', (scene) => {
    const { trace, gone, victim } = scene;
    const at = trace.partitions[victim.partition]!;
    const isRead = ({ partition, record }: Stored) =>
      partition !== victim.partition || record.offset < victim.record.offset;
    const behind = ackedMessages(trace).filter((each) => !isRead(each));
    const left = storedMessages(trace).filter(isRead);
    at.position = victim.record.offset;
    const unexplained = gone.filter((each) => !isExplained(each, left));
    return { ...unaudited(trace, [...behind, ...unexplained]), compacted: gone.length - unexplained.length };
  }),
  mutation('somebody else’s record of its key supersedes', 'none', ({ trace, gone, victim }) => {
    remove(trace, victim);
    append(trace.partitions[victim.partition]!, victim.send.key, foreign);
    return passed([...gone, victim]);
  }),
  mutation('an aborted record of somebody else supersedes nothing', 'lost', ({ trace, gone, victim }) => {
    trace.readUncommitted = true;
    remove(trace, victim);
    append(trace.partitions[victim.partition]!, victim.send.key, foreign);
    trace.partitions[victim.partition]!.records.at(-1)!.isAborted = true;
    return taken(trace, gone, [victim]);
  }),
  mutation('a later record of its key that somebody else may have aborted', 'unaudited', (scene) => {
    const { trace, victim } = scene;
    trace.readUncommitted = true;
    remove(trace, victim);
    const at = trace.partitions[victim.partition]!;
    const offset = append(at, victim.send.key, foreign);
    at.committedTo = offset;
    return inDoubt(scene);
  }),
  mutation('a later record is gone, and nobody knows whose it was', 'unaudited', (scene) => {
    const { trace, victim } = scene;
    remove(trace, victim);
    const at = trace.partitions[victim.partition]!;
    moveEnd(at, at.highWatermark + 1);
    return inDoubt(scene);
  }),
  mutation('a later record is gone, too early for a tombstone', 'lost', ({ trace, gone, victim }) => {
    remove(trace, victim);
    const at = trace.partitions[victim.partition]!;
    moveEnd(at, at.highWatermark + 1);
    trace.auditedAt = trace.compaction!.deleteRetention * 1e6;
    return taken(trace, gone, [victim]);
  }),
  mutation('an earlier record is gone, and nobody knows whose it was', 'lost', ({ trace, gone, victim }) => {
    const at = trace.partitions[victim.partition]!;
    const hole = at.records.find(({ value }) => value === foreign);
    const missing = [victim, ...gone.filter((each) => isSameKey(each, victim))];
    if (hole === undefined || missing.some(({ record }) => record.offset < hole.offset)) return null;
    removeRecord(at, hole);
    remove(trace, victim);
    return taken(trace, gone, [victim]);
  }),
  mutation(unproven, 'unaudited', ({ trace, gone, victim }) => {
    const isOf = ({ producer }: Stored) => producer.producer === victim.producer.producer;
    const all = storedMessages(trace).filter(isOf);
    const acked = [...ackedMessages(trace), ...gone].filter(isOf);
    if (acked.some(({ send }) => send.key === null) || all.some(isSent)) return null;
    for (const each of all) {
      remove(trace, each);
      append(trace.partitions[each.partition]!, each.send.key, foreign);
    }
    const others = gone.filter((each) => !isOf(each));
    return isProven(trace, others) ? { ...unaudited(trace, acked), compacted: others.length } : null;
  }),
  mutation('compacted, and sent without acknowledgement', 'sent-unaudited', ({ trace, gone, random }) => {
    const left = storedMessages(trace);
    const sent = left.filter((each) => isSent(each) && isExplained(each, left));
    const victim = pick(sent, random);
    if (victim === null) return null;
    remove(trace, victim);
    return { ...unaudited(trace, []), compacted: gone.length };
  }),
  mutation('compacted before a group has read it', 'none', ({ trace, gone, random }) => {
    const group = pick(trace.groups, random)!;
    for (const { partition, record } of gone) skip(group, partition, record.offset);
    return passed(gone);
  }),
  mutation('skipped by a group, and compacted then', 'delivery-loss', (scene) => putAside(scene, 'skipped')),
  mutation('put aside by a group, its letter lost, and compacted then', 'delivery-loss', (scene) =>
    putAside(scene, 'dead-lettered'),
  ),
  mutation('skipped, processed by the next owner, and compacted then', 'none', ({ trace, gone, random }) => {
    const group = pick(trace.groups, random)!;
    for (const { partition, record } of gone) {
      group.events.push({ type: 'skipped', partition, offset: record.offset });
    }
    return passed(gone);
  }),
  mutation('the acknowledged copy of a message is compacted', 'none', ({ trace, gone, victim }) => {
    storeAgain(trace, victim);
    remove(trace, victim);
    // As every message but the last of its client, it is behind a later one now.
    victim.producer.idempotent = false;
    return passed(gone);
  }),
  mutation('an earlier copy of a message is compacted', 'none', ({ trace, gone, victim }) => {
    storeAgain(trace, victim);
    remove(trace, victim);
    victim.acked.offset = trace.partitions[victim.partition]!.highWatermark - 1;
    victim.producer.idempotent = false;
    return passed(gone);
  }),
  mutation('a dead letter of a message that was compacted', 'none', ({ trace, gone, random }) => {
    const dead = pick(gone, random);
    if (dead === null) return null;
    const group = pick(trace.groups, random)!;
    skip(group, dead.partition, dead.record.offset);
    group.letters.push(letterOf(dead));
    return passed(gone);
  }),
  mutation('a dead letter that points behind all records of its key', 'stray-dead-letter', (scene) => {
    const { trace, gone, victim, random } = scene;
    const at = trace.partitions[victim.partition]!;
    const offset = at.highWatermark;
    moveEnd(at, offset + 1);
    pick(trace.groups, random)!.letters.push({ ...letterOf(victim), offset });
    return {
      ...{ verdict: 'FAIL', anomalies: { 'stray-dead-letter': 1 }, compacted: gone.length },
      ids: { 'stray-dead-letter': [victim.id] },
    };
  }),
  mutation(
    'a dead letter of a tombstone that is gone, whose key nobody can tell again',
    'unaudited',
    (scene) => {
      const { trace, gone, victim } = scene;
      for (const producer of trace.producers) producer.keysCanBeTold = false;
      victim.send.isTombstone = true;
      trace.auditedAt = upAt(trace, victim);
      const all = ackedMessages(trace).filter((each) => isSameKey(each, victim));
      removeKey(trace, victim);
      const expected = unaudited(trace, [...gone, ...all]);
      const { partition, record } = victim;
      const [first, second] = trace.groups;
      for (const group of trace.groups) skip(group, partition, record.offset);
      (second ?? first!).letters.push(letterOf(victim));
      return second ? { ...expected, anomalies: { ...expected.anomalies, unseen: 1 } } : expected;
    },
  ),
  mutation(
    'hand a member what broke in the run number, where a compacted topic was made again',
    'corrupt',
    (scene) => {
      const { trace, gone, victim, random } = scene;
      handBroken(trace, random, victim);
      flip(victim.record.value, 4 + random.below(4), random.below(8));
      remake(trace, random);
      return {
        ...unaudited(trace, gone),
        ...{ verdict: 'FAIL', anomalies: { corrupt: 1 } },
        ids: { corrupt: [victim.id], unaudited: gone.map(({ id }) => id) },
      };
    },
  ),
  mutation('compacted, and acknowledged without an offset', 'none', ({ trace, gone, random }) => {
    const left = storedMessages(trace);
    const victims = gone.filter((each) => {
      const next = each.producer.sends
        .slice(each.send.sequence + 1)
        .flatMap(({ reports }) => reports)
        .find((report) => report.outcome === 'confirmed' && report.partition === each.partition);
      return (
        next?.outcome === 'confirmed' &&
        left.some((other) => isSameKey(other, each) && other.record.offset >= next.offset)
      );
    });
    const victim = pick(victims, random);
    if (victim === null) return null;
    victim.acked.offset = -1;
    return passed(gone);
  }),
  ...letterMutations,
];

/** A group put two messages of one key aside; the dead letter of the `left` one is there. Returns the other. */
function aside(trace: Trace, random: Random, left: 'earlier' | 'later'): Stored | null {
  const stored = storedMessages(trace);
  const pairs = stored.flatMap((one) =>
    stored
      .filter((other) => isSameKey(one, other) && other.record.offset > one.record.offset)
      .map((other) => (left === 'later' ? ([one, other] as const) : ([other, one] as const))),
  );
  const pair = pick(pairs, random);
  const group = pick(trace.groups, random);
  if (pair === null || group === null) return null;
  const [gone, kept] = pair;
  group.lettersCompacted = true;
  for (const { partition, record } of pair) {
    skip(group, partition, record.offset);
    group.events.push({ type: 'dead-lettered', partition, offset: record.offset });
  }
  group.letters.push(letterOf(kept));
  return gone;
}

/** A member says that it received a message and did not process it; the message has been compacted since. */
function putAside({ trace, gone, random }: Scene, type: 'skipped' | 'dead-lettered'): Expectation | null {
  const victim = pick(gone, random);
  if (victim === null) return null;
  const { partition, record, id } = victim;
  const group = pick(trace.groups, random)!;
  skip(group, partition, record.offset);
  group.events.push({ type, partition, offset: record.offset });
  return {
    ...{ verdict: 'FAIL', anomalies: { 'delivery-loss': 1 }, compacted: gone.length },
    ids: { 'delivery-loss': [id] },
  };
}

const foreign = Buffer.from('{"written": "by somebody else"}');

interface Scene {
  readonly trace: Trace;
  readonly random: Random;
  /** Acknowledged messages that have been compacted. */
  readonly gone: readonly Acked[];
  /**
   * An acknowledged message that is the newest of its key, of one of which something was compacted where there is, and
   * nothing was sent without acknowledgement.
   */
  readonly victim: Acked;
}

/** Of a log that has been compacted lawfully. */
function mutation(
  name: string,
  plants: Mutation['plants'],
  change: (scene: Scene) => Expectation | null,
): Mutation {
  return {
    name,
    plants,
    apply: (trace, random) => {
      const gone = compact(trace, random);
      trace.readUncommitted = random.below(2) === 0;
      const victim = pick(newest(trace, gone), random);
      const expected = victim && change({ trace, random, gone, victim });
      return name === unproven || (victim && isProven(trace, [...gone, victim])) ? expected : null;
    },
  };
}

/** Of each producer of which something is gone a message has been read: its keys are known to be what its rule gives. */
function isProven(trace: Trace, gone: readonly Acked[]): boolean {
  const read = storedMessages(trace).filter(
    ({ partition, record }) => record.offset < (trace.partitions[partition]!.position ?? 0),
  );
  const sampled = new Set(read.map(({ producer }) => producer.producer));
  return [...gone, ...ackedMessages(trace)].every(({ producer }) => sampled.has(producer.producer));
}

/** Compacts the log as a cleaner may: of what a later record of its key follows, most goes. */
function compact(trace: Trace, random: Random): Acked[] {
  trace.compaction = { deleteRetention: 5000, certain: true };
  for (const partition of trace.partitions) fillHoles(partition);
  const stored = storedMessages(trace);
  const going = ackedMessages(trace).filter((each) => isExplained(each, stored) && random.below(4) > 0);
  for (const each of going) remove(trace, each);
  return going;
}

/** What is missing of such a log is known to have been a message of the run. */
function fillHoles({ records, highWatermark }: TracePartition): void {
  const taken = new Map(records.map((record) => [record.offset, record]));
  let epoch = 0;
  for (let offset = 0; offset < highWatermark; offset++) {
    const record = taken.get(offset);
    if (record === undefined) records.push({ offset, epoch, key: null, value: foreign });
    else epoch = record.epoch;
  }
  records.sort((a, b) => a.offset - b.offset);
}

function newest(trace: Trace, gone: readonly Acked[]): Acked[] {
  const stored = storedMessages(trace);
  const sent = stored.filter(({ producer }) => producer.acks === 'none');
  const found = ackedMessages(trace).filter(
    (each) =>
      each.send.key !== null && !isExplained(each, stored) && !sent.some((other) => isSameKey(other, each)),
  );
  const preferred = found.filter((each) => gone.some((other) => isSameKey(other, each)));
  return preferred.length > 0 ? preferred : found;
}

const isSent = ({ producer, send }: Stored): boolean =>
  producer.acks === 'none' && send.reports[0]?.outcome === 'confirmed';

function isSameKey(one: Stored, other: Stored): boolean {
  const { key } = other.send;
  return key !== null && one.partition === other.partition && one.send.key?.equals(key) === true;
}

const isExplained = (gone: Stored, left: readonly Stored[]): boolean =>
  left.some((each) => isSameKey(each, gone) && each.record.offset > gone.record.offset);

function remove(trace: Trace, { partition, record }: Stored): void {
  removeRecord(trace.partitions[partition]!, record);
}

/** What is not known to have been there leaves a record of somebody else. */
function removeKey(trace: Trace, victim: Stored): void {
  for (const each of storedMessages(trace)) {
    if (!isSameKey(each, victim)) continue;
    if (each.acked !== null) remove(trace, each);
    else Object.assign(each.record, { key: null, value: foreign });
  }
}

/** The order in which messages are judged: by ledger, then by sequence. */
const byLedger =
  ({ producers }: Trace) =>
  (one: Stored, other: Stored): number =>
    producers.indexOf(one.producer) - producers.indexOf(other.producer) ||
    one.send.sequence - other.send.sequence;

/**
 * With all of its key, and acknowledged without an offset. No offset is unaccounted for, so that no tombstone of
 * somebody else can have been there.
 */
function cutOff(trace: Trace, victim: Acked): void {
  removeKey(trace, victim);
  insert(trace.partitions[victim.partition]!, { ...victim.record, key: null, value: foreign });
  victim.acked.offset = -1;
}

function insert({ records }: TracePartition, record: TraceRecord): void {
  records.push(record);
  records.sort((a, b) => a.offset - b.offset);
}

/** When a tombstone may be removed, at the earliest. */
const upAt = ({ compaction }: Trace, { send }: Stored): number => send.at + compaction!.deleteRetention * 1e6;

/** Nothing in the log explains for certain that the victim is gone, nor those that it explained. */
function inDoubt({ trace, gone, victim }: Scene): Expectation {
  const left = storedMessages(trace);
  const unexplained = gone.filter((each) => !isExplained(each, left));
  return { ...unaudited(trace, [victim, ...unexplained]), compacted: gone.length - unexplained.length };
}

const passed = (gone: readonly Acked[]): Expectation => ({ ...PASS, compacted: gone.length });

/** Taken away unlawfully, and what nothing in the log explains any more because of it. */
function taken(trace: Trace, gone: readonly Acked[], victims: readonly Acked[]): Expectation {
  const left = storedMessages(trace);
  const unexplained = gone.filter((each) => !isExplained(each, left));
  return { ...lost([...victims, ...unexplained]), compacted: gone.length - unexplained.length };
}
