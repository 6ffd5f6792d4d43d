import type { AnomalyKind } from '../../judge/delivery/anomalies.ts';
import { checkEnvelope, emptyEnvelope, ENVELOPE_BYTES, readEnvelope } from '../../protocol/envelope.ts';
import { referenceCompaction, type ReferenceCompaction } from './reference-compaction.ts';
import type { Log, Message, Met, Outcome } from './reference-log.ts';
import {
  auditSequence,
  type Trace,
  type TraceGroup,
  type TraceLetter,
  type TracePartition,
  type TraceProducer,
  type TraceSend,
} from './trace.ts';

/** What the slow check found; the same numbers as a DeliveryVerdict's. */
export interface ReferenceResult {
  readonly attempted: number;
  readonly acked: number;
  readonly sent: number;
  readonly rejected: number;
  readonly indeterminate: number;
  readonly present: number;
  readonly compacted: number;
  readonly lost: number;
  readonly absent: number;
  readonly sentUnaudited: number;
  readonly unaudited: number;
  readonly foreign: number;
  readonly anomalies: Partial<Record<AnomalyKind, number>>;
  /** `producer.incarnation:sequence` of each lost message, sorted. */
  readonly lostIds: readonly string[];
  readonly groups: readonly {
    readonly name: string;
    readonly expected: number;
    readonly processed: number;
    readonly undelivered: number;
    readonly deadLettered: number;
    readonly undecided: number;
    readonly excused: number;
  }[];
}

/**
 * The definitions of docs/delivery.md once more, as directly as they can be written: maps, sets and whole lists, no
 * bitmap, no run, no merge. It shares nothing with the verifier but the envelope.
 */
export function referenceCheck(trace: Trace): ReferenceResult {
  const anomalies = new Map<AnomalyKind, number>();
  const found = (kind: AnomalyKind, count = 1) => {
    if (count > 0) anomalies.set(kind, (anomalies.get(kind) ?? 0) + count);
  };
  const messages = allMessages(trace, found);
  const log = readLog(trace, messages, found);
  const groupStates = trace.groups.map((group) => playGroup(group, found));

  const lost: Message[] = [];
  const unaudited: Message[] = [];
  let notAsked = 0;
  const unmasked: string[] = [];
  let present = 0;
  let absent = 0;
  let sentUnaudited = 0;
  const compacted: Message[] = [];
  const compaction = trace.compaction && referenceCompaction(trace, trace.compaction, log, messages);
  for (const message of messages.values()) {
    if (message.outcome === 'sent') {
      if (message.places.length > 0) present++;
      else {
        const fate = placelessFate(trace, message, compaction);
        if (fate === 'lost') absent++;
        else sentUnaudited++;
        if (fate === 'unaudited') found('sent-unaudited');
      }
    }
    if (message.outcome !== 'acked') continue;
    if (message.places.length > 0) {
      present++;
      const { acked } = message;
      const there = message.places.some(
        (place) =>
          acked!.partition < 0 ||
          (place.partition === acked!.partition && (acked!.offset < 0 || place.offset === acked!.offset)),
      );
      const mayBeGone = () =>
        compaction?.mayBeGone(acked!.partition, acked!.offset, message.places[0]!.key) ?? false;
      if (!there && couldBeMet(trace, acked!) && !mayBeGone()) found('inconsistent-offset');
      continue;
    }
    const fate = whyMissing(trace, message, log, compaction);
    if (fate === 'compacted') compacted.push(message);
    else if (fate === 'lost') lost.push(message);
    else if (fate === 'unaudited') unaudited.push(message);
    else if (fate === 'not-asked') notAsked++;
    else present++;
    if (fate === 'suspect') {
      found('corrupt');
      unmasked.push(`${message.acked!.partition}/${message.acked!.offset}`);
      log.foreign--;
    }
  }
  found('lost', lost.length);
  found(
    'unseen',
    unaudited.filter(({ acked, id }) =>
      groupStates.some(
        (state) => acked!.offset >= 0 && isUndelivered(state.fate(acked!.partition, acked!.offset, id, null)),
      ),
    ).length,
  );
  for (const source of trace.producers) {
    for (const { from, to, how } of source.transactions) {
      const inside = [...messages.values()].filter(
        (each) => each.source === source && each.sequence >= from && each.sequence < to,
      );
      const whole = inside.every((each) => !lost.includes(each));
      if (how === 'committed' && !whole && inside.some(({ places }) => places.length > 0))
        found('torn-transaction');
    }
  }

  for (const place of unmasked) log.corrupt.add(place);
  const groups = trace.groups.map((group, i) => {
    const state = groupStates[i]!;
    const fates = log.valid.map(({ partition, offset, id, key }) => state.fate(partition, offset, id, key));
    for (const { acked, id, send } of compacted) {
      const { partition, offset } = acked!;
      // By its members' own words the group had them.
      if (!state.putAside.has(`${partition}/${offset}`)) continue;
      const fate = state.fate(partition, offset, id, send!.key);
      if (isUndelivered(fate)) fates.push(fate);
    }
    found(
      'stray-dead-letter',
      group.letters.filter((letter) => isAstray(trace, letter, log, compaction)).length,
    );
    const count = (fate: string) => fates.filter((each) => each === fate).length;
    for (const place of state.broken) if (!log.corrupt.has(place)) found('corrupt');
    found('delivery-loss', count('undelivered'));
    found('unread', count('unread'));
    found('unattributed', count('unattributed'));
    return {
      name: group.name,
      expected: fates.length - count('not-owed'),
      processed: count('processed'),
      undelivered: count('undelivered') + count('unread') + count('unattributed'),
      deadLettered: count('dead-lettered'),
      undecided: count('unread') + count('unattributed'),
      excused: count('excused'),
    };
  });
  for (const { highWatermark, lastStableOffset, position } of trace.partitions) {
    if (position !== null) found('hang', highWatermark - lastStableOffset);
  }
  const outcomes = [...messages.values()].map(({ outcome }) => outcome);
  const count = (...which: Outcome[]) => outcomes.filter((each) => which.includes(each)).length;
  return {
    attempted: outcomes.length,
    acked: count('acked'),
    sent: count('sent'),
    rejected: count('rejected', 'aborted'),
    indeterminate: count('indeterminate'),
    present,
    compacted: compacted.length,
    lost: lost.length,
    absent,
    sentUnaudited,
    unaudited: unaudited.length + notAsked,
    foreign: log.foreign,
    anomalies: Object.fromEntries(anomalies),
    lostIds: lost.map(({ id }) => id).sort(),
    groups,
  };
}

const isUndelivered = (fate: string) => ['undelivered', 'unread', 'unattributed'].includes(fate);

type Found = (kind: AnomalyKind, count?: number) => void;

function allMessages(trace: Trace, found: Found): Map<string, Message> {
  const messages = new Map<string, Message>();
  for (const source of trace.producers) {
    for (const send of source.sends) {
      const id = `${source.producer}.${source.incarnation}:${send.sequence}`;
      const acked = send.reports.find((report) => report.outcome === 'confirmed') ?? null;
      const outcome = outcomeOf(source, send, found);
      messages.set(id, { id, sequence: send.sequence, send, source, outcome, acked, places: [] });
    }
  }
  return messages;
}

function outcomeOf(source: TraceProducer, { sequence, reports }: TraceSend, found: Found): Outcome {
  // A refusal is final and takes back an error before it; everything else is told once.
  const kinds = reports.map(({ outcome }) => outcome);
  const refused = kinds.indexOf('refused');
  const before = refused < 0 ? kinds : kinds.slice(0, refused);
  const contradictions =
    Math.max(0, before.length - 1) +
    (refused >= 0 && before[0] === 'confirmed' ? 1 : 0) +
    (refused >= 0 ? kinds.length - refused - 1 : 0);
  found('double-outcome', contradictions);
  if (refused >= 0) return 'rejected';
  const transaction = source.transactions.find(({ from, to }) => sequence >= from && sequence < to);
  if (transaction?.how === 'aborted') return 'aborted';
  if (transaction?.how === 'unknown') return 'indeterminate';
  if (source.transactional && transaction === undefined) return 'indeterminate';
  if (kinds[0] !== 'confirmed') return 'indeterminate';
  return source.acks === 'none' ? 'sent' : 'acked';
}

function readLog(trace: Trace, messages: Map<string, Message>, found: Found): Log {
  const log: Log = {
    ...{ valid: [], intact: [], keyed: [], undecided: [], corrupt: new Set(), suspect: new Set() },
    ...{ places: new Set(), sampled: new Set(), otherKeys: new Set() },
    foreign: 0,
  };
  const met: { partition: number; offset: number; epoch: number }[] = [];
  const firsts: { message: Message; partition: number; key: string | null }[] = [];
  for (const [partition, { offset, epoch, key, value, isAborted = false }] of auditSequence(trace)) {
    const earlier = met.filter((each) => each.partition === partition);
    if (earlier.some((each) => each.offset >= offset)) found('offset-regression');
    if ((earlier.at(-1)?.epoch ?? 0) > epoch) found('epoch-regression');
    met.push({ partition, offset, epoch });
    log.places.add(`${partition}/${offset}`);

    const envelope = emptyEnvelope();
    const check = checkEnvelope(value, 0, key, value, ENVELOPE_BYTES);
    const isOurs = readEnvelope(value, 0, envelope) && envelope.run === trace.run;
    const whose = isOurs && check === 'ok' ? messages.get(idOf(envelope)) : undefined;
    const isDecided = isOurs || !trace.readUncommitted || offset < trace.partitions[partition]!.committedTo;
    if (key !== null && whose?.outcome !== 'aborted') {
      if (!isDecided) log.undecided.push({ partition, offset, key });
      else if (isOurs || !isAborted) log.keyed.push({ partition, offset, key });
    }
    if (!isOurs) {
      log.foreign++;
      if (check === 'corrupt') log.suspect.add(`${partition}/${offset}`);
      continue;
    }
    if (check === 'corrupt') {
      log.corrupt.add(`${partition}/${offset}`);
      found('corrupt');
      continue;
    }
    const id = idOf(envelope);
    log.intact.push({ partition, offset, id, key });
    const message = find(trace, messages, envelope);
    const isOfAborted = message?.outcome === 'aborted';
    if (message && !isOfAborted) log.sampled.add(message.source);
    if (message && !isOfAborted && String(message.send?.key ?? null) !== String(key)) {
      log.otherKeys.add(message.source);
    }
    if (message === undefined) found('phantom');
    else if (message.outcome === 'rejected') found('rejected-present');
    else if (message.outcome === 'aborted') found('aborted-read', trace.readUncommitted ? 0 : 1);
    else {
      log.valid.push({ partition, offset, id, key });
      if (message.places.length > 0) found('duplicate');
      else {
        const text = key?.toString() ?? null;
        const overtakenBy = firsts.filter(
          (each) =>
            each.message.source === message.source &&
            each.partition === partition &&
            each.message.sequence > message.sequence,
        );
        const mayHaveCopies = message.source.acks === 'some';
        const copiesMayBeGone = trace.compaction !== null && !message.source.idempotent;
        if (mayHaveCopies && (copiesMayBeGone || firstMayBeBelow(trace, message, partition)))
          overtakenBy.length = 0;
        if (overtakenBy.length > 0) found('reorder');
        if (trace.order === 'key' && text !== null && overtakenBy.some((each) => each.key === text)) {
          found('key-reorder');
        }
        firsts.push({ message, partition, key: text });
      }
      message.places.push({ partition, offset, key });
    }
  }
  return log;
}

/** Below what was read there may be an earlier copy of a message, unless it was acknowledged at or behind that. */
function firstMayBeBelow(trace: Trace, { outcome, acked }: Message, partition: number): boolean {
  const { begin, logStart, auditedFrom } = trace.partitions[partition]!;
  const from = Math.max(logStart, auditedFrom);
  if (from <= begin) return false;
  return outcome !== 'acked' || acked!.partition !== partition || acked!.offset < from;
}

/** A killed client may have sent more than it told of: what the log shows was sent, and everything before it. */
function find(
  trace: Trace,
  messages: Map<string, Message>,
  { producer, incarnation, sequence }: { producer: number; incarnation: number; sequence: number },
): Message | undefined {
  const idOf = (each: number) => `${producer}.${incarnation}:${each}`;
  const known = messages.get(idOf(sequence));
  if (known !== undefined) return known;
  const source = trace.producers.find(
    (each) => each.producer === producer && each.incarnation === incarnation && each.ended === 'killed',
  );
  if (source === undefined || sequence > source.sends.length + 100_000) return undefined;
  for (let each = source.sends.length; each <= sequence; each++) {
    if (messages.has(idOf(each))) continue;
    const id = idOf(each);
    messages.set(id, {
      ...{ id, sequence: each, send: null, source, outcome: 'indeterminate' as const },
      ...{ acked: null, places: [] },
    });
  }
  return messages.get(idOf(sequence));
}

function whyMissing(
  trace: Trace,
  message: Message,
  log: Log,
  compaction: ReferenceCompaction | null,
): 'lost' | 'unaudited' | 'not-asked' | 'corrupt' | 'suspect' | 'compacted' {
  const { partition, offset } = message.acked!;
  if (partition < 0) return placelessFate(trace, message, compaction);
  const { position, logStart, auditedFrom, begin, highWatermark } = trace.partitions[partition]!;
  if (position === null) return 'unaudited';
  if (offset < 0 && auditedFrom > logStart) return 'not-asked';
  const isRead = position >= highWatermark;
  if (offset < 0) {
    const why = compaction?.removedBefore(message) ?? null;
    const isWhole = isRead && trace.partitions[partition]!.unreplicated === 0;
    return why ?? (!isWhole || logStart > begin ? 'unaudited' : 'lost');
  }
  if (offset >= logStart && offset < auditedFrom) return 'not-asked';
  if (isUnreplicated(trace.partitions[partition]!, offset)) return 'unaudited';
  const isTaken = compaction?.isTaken(partition, offset) ?? false;
  const why = isTaken ? null : (compaction?.removed(message, offset) ?? null);
  if (why !== null && trace.remade) return 'unaudited';
  // Where one message is said to have been, there was no other.
  if (why !== null && compaction!.explained.has(`${partition}/${offset}`)) return 'lost';
  if (why !== null) compaction!.explained.add(`${partition}/${offset}`);
  if (why === 'compacted') return 'compacted';
  if (offset < logStart || (offset >= position && !isRead)) return 'unaudited';
  if (log.corrupt.has(`${partition}/${offset}`)) return 'corrupt';
  if (log.suspect.has(`${partition}/${offset}`)) return 'suspect';
  return why ?? (compaction && !isRead && !isTaken ? 'unaudited' : 'lost');
}

function placelessFate(trace: Trace, message: Message, compaction: ReferenceCompaction | null) {
  const fate = missingAnywhere(trace, message.source);
  return fate === 'lost' && compaction?.anywhere(message) ? 'unaudited' : fate;
}

function missingAnywhere(trace: Trace, { sendsTo }: TraceProducer): 'lost' | 'unaudited' | 'not-asked' {
  const partitions = sendsTo < 0 ? trace.partitions : [trace.partitions[sendsTo]!];
  if (partitions.some((each) => each.position !== null && each.auditedFrom > each.logStart))
    return 'not-asked';
  if (trace.remade) return 'unaudited';
  const whole = partitions.every(
    ({ position, logStart, begin, highWatermark, unreplicated }) =>
      position !== null && position >= highWatermark && unreplicated === 0 && logStart <= begin,
  );
  return whole ? 'lost' : 'unaudited';
}

const isUnreplicated = ({ highWatermark, unreplicated }: TracePartition, offset: number): boolean =>
  offset >= highWatermark && offset < highWatermark + unreplicated;

/** False where an acknowledged place may hold, or have held, what the audit did not read. */
function couldBeMet(trace: Trace, { partition, offset }: { partition: number; offset: number }): boolean {
  const { position, logStart, auditedFrom, begin, highWatermark } = trace.partitions[partition]!;
  if (position === null || isUnreplicated(trace.partitions[partition]!, offset)) return false;
  if (offset >= begin && (offset < logStart || offset < auditedFrom)) return false;
  return offset < position || position >= highWatermark;
}

const idOf = ({
  producer,
  incarnation,
  sequence,
}: Pick<TraceLetter, 'producer' | 'incarnation' | 'sequence'>) => `${producer}.${incarnation}:${sequence}`;

const isAt = (one: Pick<Met, 'partition' | 'offset'>, other: Pick<Met, 'partition' | 'offset'>) =>
  one.partition === other.partition && one.offset === other.offset;

/** Its original is not where it points, and what is there has been read. */
function isAstray(
  trace: Trace,
  letter: TraceLetter,
  log: Log,
  compaction: ReferenceCompaction | null,
): boolean {
  const { partition, offset, intact, key, producer, incarnation } = letter;
  if (intact && log.intact.some((met) => isAt(met, letter) && met.id === idOf(letter))) return false;
  if (partition < 0) return true;
  if (log.corrupt.has(`${partition}/${offset}`) || log.suspect.has(`${partition}/${offset}`)) return false;
  if (!couldBeMet(trace, letter) || compaction?.mayBeGone(partition, offset, key)) return false;
  if (compaction === null || compaction.isTaken(partition, offset) || !intact || key === null) return true;
  // Compacted or lost: the original is unaudited.
  const source = trace.producers.find(
    (each) => each.producer === producer && each.incarnation === incarnation,
  );
  return source === undefined || !compaction.hasUnknownKeys(source);
}

function playGroup(group: TraceGroup, found: Found) {
  const processed = new Map<number, Set<number>>();
  const broken = new Set<string>();
  const claimed = new Set<string>();
  const putAside = new Set<string>();
  const committed = new Map<number, number>();
  const shared = new Set(group.shared);
  const sessions = new Map<string, { floor: number; last: number; epoch: number }>();
  for (const event of group.events) {
    const { partition } = event;
    const done = processed.get(partition) ?? new Set<number>();
    processed.set(partition, done);
    if (event.type === 'remade') {
      processed.delete(partition);
      committed.delete(partition);
      shared.add(partition);
      for (const set of [claimed, putAside]) {
        for (const place of set) if (place.startsWith(`${partition}/`)) set.delete(place);
      }
      continue;
    }
    const key = 'member' in event ? `${event.member} ${partition}` : '';
    switch (event.type) {
      case 'assigned':
        sessions.set(key, { floor: committed.get(partition) ?? -1, last: -1, epoch: -1 });
        break;
      case 'revoked':
        sessions.delete(key);
        break;
      case 'processed': {
        const session = sessions.get(key) ?? { floor: -1, last: -1, epoch: -1 };
        sessions.set(key, session);
        const isOwn = !shared.has(partition);
        if (isOwn && event.from <= session.last) found('offset-regression');
        if (event.epoch >= 0) {
          if (isOwn && event.epoch < session.epoch) found('epoch-regression');
          session.epoch = event.epoch;
        }
        for (let offset = event.from; offset < event.to; offset++) {
          if (isOwn && done.has(offset))
            found(offset < session.floor ? 'committed-redelivery' : 'redelivery');
          done.add(offset);
          session.last = offset;
        }
        break;
      }
      case 'committed':
        if (event.offset < (committed.get(partition) ?? -1) && !shared.has(partition))
          found('commit-regression');
        committed.set(partition, event.offset);
        break;
      case 'reset':
        committed.set(partition, event.offset);
        for (const name of sessions.keys()) if (name.endsWith(` ${partition}`)) sessions.delete(name);
        break;
      case 'dead-lettered':
        claimed.add(`${partition}/${event.offset}`);
        putAside.add(`${partition}/${event.offset}`);
        break;
      case 'skipped':
        putAside.add(`${partition}/${event.offset}`);
        break;
      case 'broken':
        broken.add(`${partition}/${event.offset}`);
    }
  }
  return {
    broken,
    putAside,
    fate(partition: number, offset: number, id: string, key: Buffer | null): string {
      const owes = group.owes[partition];
      if (owes === undefined || offset < owes) return 'not-owed';
      const leads = group.letters.some(
        (letter) => letter.intact && idOf(letter) === id && isAt(letter, { partition, offset }),
      );
      const supersedes = (letter: TraceLetter) =>
        letter.intact && letter.partition === partition && letter.offset > offset;
      const isSuperseded =
        group.lettersCompacted &&
        claimed.has(`${partition}/${offset}`) &&
        group.letters.some((letter) => supersedes(letter) && key !== null && letter.key?.equals(key));
      if (leads || isSuperseded) return 'dead-lettered';
      const done = processed.get(partition) ?? new Set<number>();
      if (done.has(offset)) return 'processed';
      const isBacklog = [...done].every((each) => each < offset) && (committed.get(partition) ?? 0) <= offset;
      if (group.backlog === 'owed' || !isBacklog)
        return shared.has(partition) ? 'unattributed' : 'undelivered';
      return group.backlog;
    },
  };
}
