import type { Removal, Removals } from './compaction.ts';
import type { Findings } from '../../protocol/evidence/findings.ts';
import { undelivered, type GroupLedger } from './group-ledger.ts';
import type { LogAudit } from './log-audit.ts';
import type { Ledgers } from './ledgers.ts';
import { auditedFrom, isRead, isTail, isUnreplicated, isWhole, type PartitionEnd } from './partition-end.ts';
import type { PartitionTable } from './partition-table.ts';
import type { ProducerLedger } from './producer-ledger.ts';
import { describeMessage } from './witness.ts';

/** What the audit says about the confirmed messages, counted apart from the findings, so that they must agree. */
export interface Presence {
  /** Acknowledged and in the log; a corrupt record at its place is there, and corrupt. */
  present: number;
  /** Acknowledged, and gone because a later record of its key is there, or was for its time. */
  compacted: number;
  sentPresent: number;
  /** Sent without acknowledgement, and nowhere in logs that hold all that the run put into them. */
  absent: number;
  /** Sent without acknowledgement, and where it may have gone records of the run were removed or not read. */
  sentUnaudited: number;
  /** Neither acknowledged nor refused, and in the log. */
  indeterminatePresent: number;
  /** Broken envelopes of another run's number at the place of an acknowledged message: not foreign, corrupt. */
  unmasked: number;
  /** Acknowledged where an audit of the tail was not to read: unaudited, and no finding. */
  notAsked: number;
}

interface Inputs {
  readonly ledgers: Ledgers;
  readonly audit: LogAudit;
  readonly groups: readonly GroupLedger[];
  readonly findings: Findings;
  readonly partitions: PartitionTable;
}

/** Finds out, for each acknowledged message that the audit did not meet, whether it is lost or could not be met. */
export function judgeMissing(inputs: Inputs): Presence {
  const sum: Presence = {
    present: 0,
    compacted: 0,
    sentPresent: 0,
    absent: 0,
    sentUnaudited: 0,
    indeterminatePresent: 0,
    unmasked: 0,
    notAsked: 0,
  };
  const suspects: { partition: number; offset: number }[] = [];
  const { compaction } = inputs.audit;
  compaction.settle(inputs.ledgers, {
    isTaken: (partition, offset) => inputs.audit.isTaken(partition, offset),
    begin: (partition) => inputs.audit.endOf(partition)?.begin ?? 0,
    end: (partition) => {
      const end = inputs.audit.endOf(partition);
      return end === null || end.remade ? 0 : Math.min(end.position, end.highWatermark);
    },
  });
  for (const ledger of inputs.ledgers) {
    let missing = 0;
    let damaged = 0;
    const placeless = anywhere(ledger, inputs);
    const removals = compaction.removalsOf(ledger);
    const lost = new Set<number>();
    ledger.confirmed.forEachMissingIn(ledger.inLog, (sequence) => {
      missing++;
      if (ledger.acks === 'none') {
        const fate = placelessFate(sequence, placeless, removals);
        if (fate.what === 'lost') sum.absent++;
        else sum.sentUnaudited++;
        if (fate.what === 'unaudited') reportSent(ledger, sequence, fate.why, inputs);
        return;
      }
      const fate = fateOf(ledger, sequence, placeless, removals, inputs);
      if (fate.what === 'compacted') {
        sum.compacted++;
        askGroups(ledger, sequence, removals!, inputs);
      }
      if (fate.what === 'corrupt' || fate.what === 'suspect') damaged++;
      if (fate.what === 'suspect') {
        sum.unmasked++;
        suspects.push(fate.at);
      }
      if (fate.what === 'not-asked') sum.notAsked++;
      if (fate.what === 'lost' && ledger.committed.length > 0) lost.add(sequence);
      report(ledger, sequence, fate, inputs);
    });
    const met = ledger.confirmed.size - missing;
    sum.indeterminatePresent += ledger.inLog.size - met;
    if (ledger.acks === 'none') sum.sentPresent += met;
    else sum.present += met + damaged;
    reportTorn(ledger, lost, inputs);
  }
  for (const { partition, offset } of suspects) inputs.audit.unmask(partition, offset);
  return sum;
}

type Fate =
  | { readonly what: 'lost' | 'unaudited'; readonly why: string }
  | { readonly what: 'suspect'; readonly at: { readonly partition: number; readonly offset: number } }
  | { readonly what: 'corrupt' | 'not-asked' | 'compacted' };

/** @param placeless of a message that was acknowledged without a place */
function fateOf(
  ledger: ProducerLedger,
  sequence: number,
  placeless: Fate,
  removals: Removals | null,
  { audit, partitions }: Inputs,
): Fate {
  const { evidence } = ledger;
  if (!evidence.find(sequence)) return placelessFate(sequence, placeless, removals);
  const { partition, offset } = evidence;
  const end = audit.endOf(partition);
  if (end === null) {
    return { what: 'unaudited', why: `${partitions.nameOf(partition)} was not audited to a known end` };
  }
  if (offset < 0) {
    const removal = isTail(end) ? null : removedBefore(ledger, sequence, partition, removals);
    return removal === null ? somewhereIn(partition, end, partitions) : fateBy(removal);
  }
  if (offset >= end.logStart && offset < auditedFrom(end)) return { what: 'not-asked' };
  if (isUnreplicated(end, offset)) {
    return {
      what: 'unaudited',
      why: `it is behind the high watermark ${end.highWatermark}: in the leader's log, and not on all replicas`,
    };
  }
  const isTaken = audit.isTaken(partition, offset);
  const removal = isTaken ? null : (removals?.at(sequence, partition, offset) ?? null);
  if (removal !== null && end.remade) {
    return { what: 'unaudited', why: 'compacted, or deleted with the topic that had its name' };
  }
  if (removal !== null && !audit.removed(partition, offset)) {
    return { what: 'lost', why: `two messages were acknowledged at ${offset}: one of them was cut off` };
  }
  if (removal === 'compacted') return { what: 'compacted' };
  if (offset < end.logStart) {
    return { what: 'unaudited', why: `the log begins at ${end.logStart} now: deleted before the audit` };
  }
  if (offset >= end.position && !isRead(end)) {
    return { what: 'unaudited', why: `the audit ended at ${end.position} of ${end.highWatermark}` };
  }
  const broken = audit.brokenAt(partition, offset);
  // The ledger's evidence has been asked for other messages meanwhile.
  if (broken === 'suspect') return { what: 'suspect', at: { partition, offset } };
  if (broken === 'corrupt') return { what: 'corrupt' };
  if (removal !== null) return fateBy(removal);
  if (!isTaken && !isRead(end) && audit.compaction.policyOf(partition) !== null) {
    return {
      what: 'unaudited',
      why: `the audit ended at ${end.position}: later records of its key were not read`,
    };
  }
  if (end.remade) return { what: 'lost', why: `${partitions.nameOf(partition)} was deleted with its topic` };
  return { what: 'lost', why: `read ${partitions.nameOf(partition)} up to ${audit.highestRead(partition)}` };
}

/** Where all that may hold it was read: it may have been there, in a compacted topic, and be gone. */
function placelessFate(sequence: number, placeless: Fate, removals: Removals | null): Fate {
  const removal = placeless.what === 'lost' ? (removals?.anywhere(sequence) ?? null) : null;
  return removal === null ? placeless : fateBy(removal);
}

function fateBy(removal: Exclude<Removal, null>): Fate {
  return removal === 'compacted' ? { what: 'compacted' } : { what: 'unaudited', why: removal.unknown };
}

/** How far behind a message without an offset the next one of its client in the same partition is looked for. */
const neighboursAsked = 10_000;

/**
 * Acknowledged without an offset: it lies before what its client sent later to the same partition. Only idempotent
 * clients get such acknowledgements, and theirs is the order.
 */
function removedBefore(
  ledger: ProducerLedger,
  sequence: number,
  partition: number,
  removals: Removals | null,
): Removal {
  if (removals === null) return null;
  const { evidence } = ledger;
  const end = Math.min(ledger.attempted, sequence + neighboursAsked);
  for (let each = sequence + 1; each < end; each++) {
    if (!ledger.confirmed.has(each) || !evidence.find(each)) continue;
    if (evidence.partition === partition && evidence.offset >= 0) {
      const removal = removals.at(sequence, partition, evidence.offset - 1);
      if (removal !== null) return removal;
      break;
    }
  }
  evidence.find(sequence);
  return removals.anywhere(sequence);
}

/**
 * Acknowledged without an offset, as after DUPLICATE_SEQUENCE_NUMBER: it may be in what was left out, or have been in
 * what was deleted.
 */
function somewhereIn(partition: number, end: PartitionEnd, partitions: PartitionTable): Fate {
  if (isTail(end)) return { what: 'not-asked' };
  return isWhole(end) && end.logStart <= end.begin
    ? { what: 'lost', why: `read all of ${partitions.nameOf(partition)}` }
    : { what: 'unaudited', why: 'acknowledged without an offset, and the partition was not read whole' };
}

/** Of a message that is nowhere in the log: whether it would be found wherever its client may have put it. */
function anywhere(ledger: ProducerLedger, { audit, partitions }: Inputs): Fate {
  const possible = [...audit.known()].filter((each) => mayHold(each, ledger, partitions));
  const ends = possible.map((partition) => ({ partition, end: audit.endOf(partition) }));
  if (ends.some(({ end }) => end !== null && isTail(end))) return { what: 'not-asked' };
  if (ends.length === 0) return { what: 'unaudited', why: 'nothing of its topic was read' };
  const gap = ends.find(({ end }) => end === null || end.remade || !isWhole(end) || end.logStart > end.begin);
  if (gap === undefined) return { what: 'lost', why: 'read all partitions' };
  const { logStart = 0, begin = 0, remade = false } = gap.end ?? {};
  const name = partitions.nameOf(gap.partition);
  const why = remade
    ? `${name} was deleted with its topic`
    : logStart > begin
      ? `${name} begins at ${logStart} now`
      : `${name} was not read whole`;
  return { what: 'unaudited', why: `no acknowledgement named its place, and ${why}` };
}

function mayHold(partition: number, { destination }: ProducerLedger, partitions: PartitionTable): boolean {
  const at = partitions.at(partition);
  if (destination === undefined || at === undefined) return true;
  if (at.topic !== destination.topic) return false;
  return destination.partition < 0 || at.partition === destination.partition;
}

function reportSent(ledger: ProducerLedger, sequence: number, why: string, inputs: Inputs): void {
  inputs.findings.add('sent-unaudited', 1, () => ({
    ...describeMessage(ledger, sequence, inputs.partitions),
    note: why,
  }));
}

function report(ledger: ProducerLedger, sequence: number, fate: Fate, inputs: Inputs): void {
  const { findings, partitions } = inputs;
  const described = () => describeMessage(ledger, sequence, partitions);
  switch (fate.what) {
    case 'corrupt':
    case 'compacted':
    case 'not-asked':
      return;
    case 'suspect':
      findings.add('corrupt', 1, () => ({
        ...described(),
        note: 'a broken envelope of another run is where the message was acknowledged',
      }));
      return;
    case 'lost':
      findings.add('lost', 1, () => ({ ...described(), note: fate.why }));
      return;
    case 'unaudited':
      findings.add('unaudited', 1, () => ({ ...described(), note: fate.why }));
      reportUnseen(ledger, sequence, inputs);
  }
}

/** A group may have received what was compacted afterwards, and not have processed it. */
function askGroups(
  ledger: ProducerLedger,
  sequence: number,
  removals: Removals,
  { audit, groups }: Inputs,
): void {
  if (!ledger.evidence.find(sequence)) return;
  const { partition, offset } = ledger.evidence;
  if (offset < 0 || !groups.some((group) => group.isPutAside(partition, offset))) return;
  audit.compacted(ledger, sequence, { partition, offset, keyHash: removals.keyHashOf(sequence) });
}

/** Neither audited nor processed by a group that should have: it may be lost, and nobody can say. */
function reportUnseen(ledger: ProducerLedger, sequence: number, inputs: Inputs): void {
  const { groups, findings, partitions } = inputs;
  if (!ledger.evidence.find(sequence)) return;
  const { partition, offset } = ledger.evidence;
  if (offset < 0) return;
  const group = groups.find((each) => {
    const { producer, incarnation } = ledger;
    const deadLettered = each.hasLetterOf(partition, offset, producer, incarnation, sequence);
    const fate = each.fateOf(partition, offset, deadLettered);
    return undelivered.has(fate);
  });
  if (group === undefined) return;
  findings.add('unseen', 1, () => ({
    group: group.name,
    ...describeMessage(ledger, sequence, partitions),
  }));
}

/** A committed transaction is whole or it is torn; a wholly lost one is lost. */
function reportTorn(
  ledger: ProducerLedger,
  lost: ReadonlySet<number>,
  { findings, partitions }: Inputs,
): void {
  if (lost.size === 0) return;
  for (const { from, to } of ledger.committed) {
    let first = -1;
    let present = false;
    for (let each = from; each < to; each++) {
      if (lost.has(each)) first = first < 0 ? each : first;
      else if (ledger.inLog.has(each)) present = true;
    }
    if (first < 0 || !present) continue;
    findings.add('torn-transaction', 1, () => ({
      ...describeMessage(ledger, first, partitions),
      note: `committed as one: sequences ${from} to ${to - 1}`,
    }));
  }
}
