import { effectOf, type AnomalyKind, type Guarantee, type OrderCheck } from './anomalies.ts';
import type { Findings, Witness } from '../../protocol/evidence/findings.ts';
import type { GroupLedger } from './group-ledger.ts';
import type { Ledgers } from './ledgers.ts';
import type { GroupTally, LogAudit } from './log-audit.ts';
import { judgeMissing, type Presence } from './missing.ts';
import { isRead } from './partition-end.ts';
import type { PartitionTable } from './partition-table.ts';
import type { SendTotals } from './producer-ledger.ts';
import { describeMessage } from './witness.ts';

/** What is wrong, the gravest first. */
export const verdictsByGravity = ['FAIL', 'HANG', 'UNKNOWN', 'VACUOUS'] as const;
export type Verdict = 'PASS' | (typeof verdictsByGravity)[number] | 'NONE';

export interface DeliveryInput {
  readonly guarantee: Guarantee;
  readonly order: OrderCheck;
  readonly ledgers: Ledgers;
  /** Null: the log was not read. */
  readonly audit: LogAudit | null;
  readonly groups: readonly GroupLedger[];
  readonly partitions: PartitionTable;
  /** The one that groups and audit were made with. */
  readonly findings: Findings;
  /** What the run was to bring about, such as a fault's effect; one that did not happen makes it vacuous. */
  readonly conditions?: readonly { readonly name: string; readonly met: boolean }[];
  readonly damage?: readonly Damage[];
  /** What is known of it only when every message has been judged. */
  readonly lateDamage?: () => readonly Damage[];
  /**
   * What else keeps the run from being known, one line each, as what it did not wait for: nothing of it is known to be
   * lost, and nothing passes.
   */
  readonly doubts?: readonly string[];
}

/** Evidence that is known to be missing: the verdict is UNKNOWN at best, and what rests on it cannot FAIL. */
export interface Damage {
  readonly part: 'producers' | 'groups' | 'dead-letters' | 'log';
  readonly text: string;
}

/** Anomalies that say that something is not there: nothing but damaged evidence may be the reason. */
const restsOn: Readonly<Record<Damage['part'], readonly AnomalyKind[]>> = {
  producers: ['phantom'],
  groups: ['delivery-loss'],
  'dead-letters': ['delivery-loss'],
  log: ['lost', 'torn-transaction', 'stray-dead-letter'],
};

export interface DeliveryVerdict extends SendTotals {
  readonly guarantee: Guarantee;
  readonly order: OrderCheck;
  readonly verdict: Verdict;
  /** Why it is not PASS, the worst first; one line each. */
  readonly reasons: readonly string[];
  /** Null where no audit has read the log, as are compacted, lost, absent, sentUnaudited and unaudited. */
  readonly present: number | null;
  /** Removed by log compaction, as it may. */
  readonly compacted: number | null;
  readonly lost: number | null;
  readonly absent: number | null;
  /** Of the sent ones: stored and removed since, or never stored, and nobody can tell. */
  readonly sentUnaudited: number | null;
  readonly unaudited: number | null;
  /** Of the indeterminate ones, found in the log. */
  readonly indeterminatePresent: number | null;
  readonly anomalies: Partial<Record<AnomalyKind, number>>;
  readonly foreign: number;
  readonly coverage: {
    readonly partitions: number;
    readonly partitionsRead: number;
    readonly records: number;
    /** Acknowledged messages whose place was read: acked = this + unaudited. */
    readonly acked: number;
    /** Only the ends of partitions were read, as asked: the verdict is about them. */
    readonly tail: boolean;
  } | null;
  readonly groups: readonly GroupDelivery[];
  readonly witnesses: readonly Witness[];
}

/** expected = processed + undelivered + deadLettered + excused; null without an audit. */
export interface GroupDelivery {
  readonly name: string;
  readonly expected: number | null;
  readonly processed: number;
  readonly undelivered: number | null;
  readonly deadLettered: number;
  readonly excused: number;
  /** Processed again by the group: each further time. */
  readonly redelivered: number;
  /** Of the undelivered: unread or unattributed. */
  readonly undecided: number;
  readonly sharedPartitions: number;
}

/**
 * The answer to "did every message arrive". Everything has been entered before; asked once.
 *
 * @throws Error where an identity does not hold, which is a bug of the harness and never a finding
 */
export function judgeDelivery(input: DeliveryInput): DeliveryVerdict {
  const { ledgers, audit, groups, findings, partitions } = input;
  for (const ledger of ledgers) {
    findings.add('double-outcome', ledger.doubleOutcomes, () =>
      describeMessage(ledger, ledger.doubles[0] ?? 0, partitions),
    );
  }
  const presence = audit && judgeMissing({ ledgers, audit, groups, findings, partitions });
  audit?.reportStrays();
  audit?.reportStrayLetters();
  for (const group of groups) group.reportBroken((at, offset) => audit?.foundCorrupt(at, offset) ?? false);
  const totals = ledgers.totals();
  const judged = {
    guarantee: input.guarantee,
    order: input.order,
    ...totals,
    present: presence && presence.present + presence.sentPresent,
    compacted: presence && presence.compacted,
    lost: audit && findings.count('lost'),
    absent: presence && presence.absent,
    sentUnaudited: presence && presence.sentUnaudited,
    unaudited: presence && findings.count('unaudited') + presence.notAsked,
    indeterminatePresent: presence && presence.indeterminatePresent,
    anomalies: anomaliesOf(findings),
    foreign: (audit?.foreign ?? 0) - (presence?.unmasked ?? 0),
    coverage: audit && coverageOf(audit, presence!.present + presence!.compacted + findings.count('lost')),
    groups: groups.map((group, i) => groupDelivery(group, audit?.groupTallies[i])),
    witnesses: findings.witnesses,
  };
  assertIdentities(totals, presence, judged);
  const reasons = reasonsOf(input, judged);
  const worst = verdictsByGravity.find((verdict) => reasons.some((reason) => reason.verdict === verdict));
  const checked = audit !== null && input.guarantee !== 'none';
  return {
    ...judged,
    // Without an audit a check can fail, but nothing can pass.
    verdict: checked ? (worst ?? 'PASS') : worst === 'FAIL' ? 'FAIL' : 'NONE',
    reasons: verdictsByGravity.flatMap((verdict) =>
      reasons.filter((reason) => reason.verdict === verdict).map(({ text }) => text),
    ),
  };
}

/** `unaudited` is a number of its own, and no anomaly. */
function anomaliesOf(findings: Findings): Partial<Record<AnomalyKind, number>> {
  const anomalies = findings.counts;
  delete anomalies.unaudited;
  return anomalies;
}

function coverageOf(audit: LogAudit, acked: number): NonNullable<DeliveryVerdict['coverage']> {
  const known = [...audit.known()];
  return {
    partitions: known.length,
    partitionsRead: known.filter((partition) => {
      const end = audit.endOf(partition);
      return end !== null && isRead(end);
    }).length,
    records: audit.records,
    acked,
    tail: audit.isTail,
  };
}

function groupDelivery(group: GroupLedger, tally: GroupTally | undefined): GroupDelivery {
  const { name, redelivered, sharedPartitions } = group;
  if (tally !== undefined) return { name, ...tally, redelivered, sharedPartitions };
  return {
    name,
    expected: null,
    processed: group.processedOffsets,
    undelivered: null,
    deadLettered: 0,
    excused: 0,
    redelivered,
    undecided: 0,
    sharedPartitions,
  };
}

function assertIdentities(
  totals: SendTotals,
  presence: Presence | null,
  judged: Pick<DeliveryVerdict, 'lost' | 'unaudited' | 'groups'>,
): void {
  const { attempted, acked, sent, rejected, indeterminate } = totals;
  assertSum('attempted', attempted, { acked, sent, rejected, indeterminate });
  if (presence !== null) {
    const { present, compacted, sentPresent, absent, sentUnaudited } = presence;
    assertSum('acked', acked, { present, compacted, lost: judged.lost!, unaudited: judged.unaudited! });
    assertSum('sent', sent, { present: sentPresent, absent, unaudited: sentUnaudited });
  }
  for (const { name, expected, processed, undelivered, deadLettered, excused } of judged.groups) {
    if (expected === null) continue;
    assertSum(`${name}: expected`, expected, {
      processed,
      undelivered: undelivered!,
      deadLettered,
      excused,
    });
  }
}

function assertSum(name: string, whole: number, parts: Record<string, number>): void {
  const values = Object.values(parts);
  if (values.every((each) => each >= 0) && values.reduce((sum, each) => sum + each, 0) === whole) return;
  const listed = Object.entries(parts).map(([part, value]) => `${part} ${value}`);
  throw new Error(`delivery does not add up: ${name} ${whole} ≠ ${listed.join(' + ')}`);
}

interface Reason {
  readonly verdict: (typeof verdictsByGravity)[number];
  readonly text: string;
}

function reasonsOf(
  input: DeliveryInput,
  judged: Pick<DeliveryVerdict, 'attempted' | 'acked' | 'sent' | 'coverage' | 'groups'>,
): Reason[] {
  const { guarantee, order, audit, findings, conditions = [], doubts = [] } = input;
  const damage = [...(input.damage ?? []), ...(input.lateDamage?.() ?? [])];
  const reasons: Reason[] = [];
  const add = (verdict: Reason['verdict'], text: string) => reasons.push({ verdict, text });
  for (const [kind, count] of Object.entries(findings.counts) as [AnomalyKind, number][]) {
    const effect = effectOf(kind, guarantee, order);
    const undermined = damage.some(({ part }) => restsOn[part].includes(kind));
    if (effect !== 'allowed') add(undermined ? 'UNKNOWN' : effect, `${kind}: ${count}`);
  }
  if (audit !== null) {
    const { partitions, partitionsRead } = judged.coverage!;
    if (partitionsRead < partitions) {
      const unread = [...audit.known()].filter((each) => {
        const end = audit.endOf(each);
        // A last stable offset that hangs has said so already.
        return end === null || (!isRead(end) && end.position < end.lastStableOffset);
      });
      if (unread.length > 0) add('UNKNOWN', `audit incomplete: ${unread.length} of ${partitions} partitions`);
    }
    if (order === 'key' && audit.keysForgotten && findings.count('reorder') > 0) {
      add('UNKNOWN', 'more keys than are remembered, and partitions that are not in order');
    }
  }
  for (const text of [...damage.map(({ text }) => text), ...doubts]) add('UNKNOWN', text);
  if (judged.attempted === 0) add('VACUOUS', 'nothing was sent');
  else if (judged.acked + judged.sent === 0) add('VACUOUS', 'nothing was acknowledged');
  else if (judged.coverage?.tail && judged.coverage.acked === 0 && judged.acked > 0) {
    add('VACUOUS', 'nothing that was acknowledged is in the tail that was read');
  }
  for (const { name, met } of conditions) if (!met) add('VACUOUS', `did not happen: ${name}`);
  return reasons;
}
