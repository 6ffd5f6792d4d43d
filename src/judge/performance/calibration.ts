import type { AckSourceKind } from '../../base/choices.ts';

/** The most that producers of this harness sent here into the mock, in a closed loop: nothing but itself to wait for. */
export interface Ceiling {
  readonly ackSource: 'tap' | 'delivery-reports';
  /** Producing at once, one client each. */
  readonly processes: number;
  /** Value, its envelope included. */
  readonly bytes: number;
  /** Messages, of all processes together. */
  readonly perSecond: number;
}

/** `tap, 1 process, 100 B` */
export const ceilingName = ({ ackSource, processes, bytes }: Omit<Ceiling, 'perSecond'>): string =>
  `${ackSource}, ${processes} ${processes === 1 ? 'process' : 'processes'}, ${bytes} B`;

export interface Calibration {
  /** ISO 8601 */
  readonly measuredAt: string;
  readonly ceilings: readonly Ceiling[];
}

/** Two rounds that differ by no more agree; so much more or less of one cell than of another may be chance. */
export const agreement = 0.1;

/**
 * Why this table cannot be right, or null: where a larger message is said to go faster than a smaller one, something
 * else had the machine while the smaller was measured.
 */
export function inconsistency(ceilings: readonly Ceiling[]): string | null {
  for (const small of ceilings) {
    const faster = ceilings.find(
      (large) =>
        large.ackSource === small.ackSource &&
        large.processes === small.processes &&
        large.bytes > small.bytes &&
        large.perSecond > (1 + agreement) * small.perSecond,
    );
    if (faster) return `${ceilingName(faster)} came out faster than ${ceilingName(small)}`;
  }
  return null;
}

/** What one producer of a trial did. */
export interface ProducerLoad {
  readonly ackSource: AckSourceKind;
  /** Messages. */
  readonly perSecond: number;
  /** Of one message, key and value. */
  readonly bytes: number;
}

/**
 * Messages a second that this harness could have sent with this mix of producers: the rate at which the costs of
 * their messages fill the time. Between the sizes and numbers of processes that were measured the cost of a message
 * is taken as a straight line; beyond the greatest size it goes on, more processes than were measured do no more.
 *
 * @param processes that produced
 * @returns null where that was not measured, or nothing was sent
 */
export function ceilingOf(
  { ceilings }: Calibration,
  loads: readonly ProducerLoad[],
  processes: number,
): number | null {
  let messages = 0;
  let busy = 0;
  for (const { ackSource, perSecond, bytes } of loads) {
    // acks=0 is observed by delivery reports.
    const source = ackSource === 'tap' ? 'tap' : 'delivery-reports';
    const cost = costAt(
      ceilings.filter((ceiling) => ceiling.ackSource === source),
      bytes,
      processes,
    );
    if (cost === null) return null;
    messages += perSecond;
    busy += perSecond * cost;
  }
  return busy > 0 ? messages / busy : null;
}

/** Seconds of a message. */
function costAt(ceilings: readonly Ceiling[], bytes: number, processes: number): number | null {
  const points = [...new Set(ceilings.map((ceiling) => ceiling.processes))].flatMap((measured) => {
    const sizes = ceilings
      .filter((ceiling) => ceiling.processes === measured)
      .map((ceiling) => ({ at: ceiling.bytes, value: 1 / ceiling.perSecond }));
    const value = alongLine(sizes, Math.max(bytes, Math.min(...sizes.map(({ at }) => at))));
    return value === null ? [] : [{ at: measured, value }];
  });
  const most = Math.max(...points.map(({ at }) => at));
  return alongLine(points, Math.min(Math.max(1, processes), most));
}

interface Point {
  readonly at: number;
  readonly value: number;
}

/** Through the two points around it, or the last two. */
function alongLine(points: readonly Point[], at: number): number | null {
  const sorted = [...points].sort((a, b) => a.at - b.at);
  const next = sorted.findIndex((point) => point.at >= at);
  const upper = sorted[next < 0 ? sorted.length - 1 : next];
  if (!upper) return null;
  const lower = sorted[sorted.indexOf(upper) - 1];
  if (!lower || upper.at === at) return upper.value;
  return lower.value + ((upper.value - lower.value) * (at - lower.at)) / (upper.at - lower.at);
}
