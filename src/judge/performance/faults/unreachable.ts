import type { Micros } from '../../../base/clock.ts';
import { formatDuration } from '../../../base/units.ts';
import type { SeenChange } from '../../../cluster/faults/observe.ts';
import { observedRecord, type FaultRecord } from '../../../protocol/fault-record.ts';
import { intersect, type PartitionSilence, type Silence } from './ack-silence.ts';
import type { Span } from '../span.ts';

/** Shorter ones are no outage of a whole cluster: a broker takes longer to start. */
const shortest: Micros = 2e6;
/** After the first acknowledgement leaders and in-sync sets still follow. */
const settles: Micros = 10e6;

interface Found {
  readonly records: readonly FaultRecord[];
  readonly changes: readonly SeenChange[];
  readonly unanswered?: readonly Span[];
}

/**
 * Adds the outages of all brokers at once, as of the only broker of an external cluster: metadata shows nothing of
 * them, because nobody answers, and afterwards all is as before. One is there when neither questions nor messages were
 * answered, of any partition, and no other fault was going on.
 */
export function withUnreachable(
  { records, changes, unanswered = [] }: Found,
  silences: readonly PartitionSilence[],
): Pick<Found, 'records' | 'changes'> {
  const [first, ...others] = silences.map((partition) => partition.silences);
  if (!first || unanswered.length === 0) return { records, changes };
  const common = others.reduce((known, own) => intersect(known, own), first);
  const outages = common.filter(
    (silence) =>
      Number.isFinite(silence.from) &&
      Number.isFinite(silence.to) &&
      silence.to - silence.from >= shortest &&
      unanswered.some((span) => overlap(span, silence)) &&
      records.every(
        ({ started, ended }) =>
          started === null || !overlap({ from: started, to: ended ?? Infinity }, silence),
      ),
  );
  const found = outages.map(({ from, to }, i): FaultRecord => {
    const id = i === 0 ? 'observed-all' : `observed-all-${i + 1}`;
    const seen = `no broker answered for ${formatDuration(to - from)}`;
    return {
      ...observedRecord(id, 'unreachable', 'all brokers', from, seen),
      ...{ resolved: [], ended: to },
    };
  });
  const causeOf = (at: Micros): string | null =>
    found.find(({ started, ended }) => at >= started! && at <= ended! + settles)?.id ?? null;
  return {
    records: [...records, ...found],
    changes: changes.map((change) => ({ ...change, fault: change.fault ?? causeOf(change.at) })),
  };
}

function overlap(a: Silence, b: Silence): boolean {
  return a.from < b.to && b.from < a.to;
}
