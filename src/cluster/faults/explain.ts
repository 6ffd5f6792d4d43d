import type { Micros } from '../../base/clock.ts';
import type { WatchedState } from './driver.ts';
import type { FaultAction } from './fault.ts';
import type { FaultRecord } from '../../protocol/fault-record.ts';

/** What shows that a broker is not as it was: what the provider sees of it, or that metadata lists it no more. */
export type Sign = Exclude<WatchedState, 'running'> | 'gone';

/** When something happened that was looked for twice: between the two looks. */
export interface Span {
  readonly from: Micros;
  readonly to: Micros;
}

export interface PlannedFaults {
  readonly records: readonly FaultRecord[];
  /**
   * The planned fault that explains a sign of a broker; null where it is another outage. What a fault explains ends
   * with it: leaders and in-sync sets may follow, a process that ends or a broker that leaves may not.
   */
  explains(sign: Sign, broker: string, during: Span): string | null;
}

const ends: ReadonlySet<Sign> = new Set(['stopped', 'gone']);
const nothing: ReadonlySet<Sign> = new Set();

/** What each action shows of the brokers that it hits. Faults between clients and brokers leave these alone. */
const signsOf: Readonly<Record<FaultAction, ReadonlySet<Sign>>> = {
  stop: ends,
  kill: ends,
  restart: ends,
  rolling: ends,
  wipe: ends,
  pause: new Set<Sign>(['paused', 'gone']),
  partition: new Set<Sign>(['disconnected', 'gone']),
  start: nothing,
  degrade: nothing,
  drop: nothing,
  cut: nothing,
};

/** Metadata shows late that a broker was let out: by one look, and by as long as an answer takes. */
const late: Micros = 3e6;
/** After a partition, brokers go on for some 30 s with what they knew, and metadata goes back and forth. */
const stale: Micros = 60e6;

/** The planned fault, if any, that explains a sign; the latest of several. */
export function explainedBy(
  records: readonly FaultRecord[],
  sign: Sign,
  broker: string,
  { from, to }: Span,
): string | null {
  const possible = records.filter((record) => {
    // Planned faults alone come here, and theirs are these.
    const action = record.action as FaultAction;
    if (record.started === null || !signsOf[action].has(sign)) return false;
    const grace = sign !== 'gone' ? 0 : action === 'partition' ? stale : late;
    return spansOf(record, broker).some(
      (span) => span.from <= to && (span.to === null || from <= span.to + grace),
    );
  });
  possible.sort((a, b) => a.started! - b.started!);
  return possible.at(-1)?.id ?? null;
}

/** When it kept this broker from serving. What hits several at once, a partition, has no hits of its own. */
function spansOf(record: FaultRecord, broker: string): { from: Micros; to: Micros | null }[] {
  const { action, started, ended, resolved, hits } = record;
  const own = hits.filter((hit) => hit.broker === broker);
  // What was refused has a hit all the same, which nothing ends.
  if (didNothing(record)) return [];
  if (action !== 'partition' || started === null) return own;
  return resolved.includes(broker) ? [{ from: started, to: ended }] : own;
}

/** Refused, or failed before it was in place: nothing is because of it. */
export function didNothing({ effective, injected }: FaultRecord): boolean {
  return effective === false && injected === null;
}

/** Whether an action can change leaders and in-sync sets: those between clients and brokers cannot. */
export function reachesBrokers(action: string): boolean {
  return !(action in signsOf) || signsOf[action as FaultAction].size > 0 || action === 'start';
}
