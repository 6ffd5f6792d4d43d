import type { Micros } from '../../base/clock.ts';
import type { Scenario } from '../../scenario/schema.ts';
import type { KeptSecond, Second } from './intervals.ts';
import type { Span } from './span.ts';

type Observed = Pick<KeptSecond, 'side' | 'name' | 'second' | 'counts'>;

/**
 * What one producer had acknowledged (at acks=0: sent) or one consumer received, by the time of each message: what
 * lies between the begin and the end of its measured phase, whenever it was due, and what came after the end.
 */
export interface Flow {
  readonly messages: number;
  /** Key and value, as many as messages of this name have on average. */
  readonly bytes: number;
  readonly later: number;
}

export function flowOf(seconds: readonly Observed[], side: Second['side'], name: string): Flow {
  const own = seconds.filter((each) => each.side === side && each.name === name);
  const total = (count: (counts: Second['counts']) => number): number =>
    own.reduce((sum, { counts }) => sum + count(counts), 0);
  const messages = total(({ within }) => within);
  const all = total(({ settled, received }) => (side === 'producer' ? settled : received));
  return {
    messages,
    bytes: all === 0 ? 0 : messages * (total(({ bytes }) => bytes) / all),
    later: total(({ late }) => late),
  };
}

/** The same until `to`, which is not before the end of its own phase: of what came after that, whole seconds. */
export function flowUntil(
  seconds: readonly Observed[],
  side: Second['side'],
  { name, flow, span }: { readonly name: string; readonly flow: Flow; readonly span: Span | null },
  whole: Span | null,
): Flow {
  if (span === null || whole === null || span.to >= whole.to) return flow;
  const end = (whole.to - whole.from) / 1e6;
  const more = seconds
    .filter((each) => each.side === side && each.name === name && each.second + 1 <= end)
    .reduce((sum, { counts }) => sum + counts.late, 0);
  const messages = flow.messages + more;
  const bytes = flow.messages === 0 ? flow.bytes : (flow.bytes * messages) / flow.messages;
  return { messages, bytes, later: flow.later - more };
}

/** How long the measured phase lasts; null where it ends with the last message of a producer. */
export function plannedLength({ producers, phases }: Scenario): Micros | null {
  if (producers.some(({ messages }) => messages !== undefined)) return null;
  if (producers.length === 0) return phases.measure;
  return Math.max(...producers.map((spec) => spec.for ?? phases.measure));
}
