import { BenchError } from '../../base/errors.ts';

/** Where `offsets reset --to` sets a group. */
export type ResetTarget =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'offset'; readonly offset: number }
  /** The first record not earlier; milliseconds since 1970. */
  | { readonly kind: 'datetime'; readonly timestamp: number }
  /** By so many records from what is committed, back where negative. */
  | { readonly kind: 'shift-by'; readonly by: number };

/** What a new offset is computed from, in one partition. */
export interface ResetInput {
  /** Where the log begins. */
  readonly start: number;
  /** The high watermark. */
  readonly end: number;
  /** Null where nothing is committed. */
  readonly committed: number | null;
  /** First offset not earlier than the target's time, −1 where there is none; only for `datetime`. */
  readonly atTime?: number | undefined;
}

export interface NewOffset {
  readonly offset: number;
  /** Why it is not what was asked for, if it is not. */
  readonly note?: string;
}

/**
 * As kafka-consumer-groups computes it: held within the log, and its end where no record is late enough. Null for
 * `shift-by` where nothing is committed to shift.
 */
export function newOffset(target: ResetTarget, input: ResetInput): NewOffset | null {
  switch (target.kind) {
    case 'earliest':
      return { offset: input.start };
    case 'latest':
      return { offset: input.end };
    case 'offset':
      return within(target.offset, input);
    case 'shift-by':
      return input.committed === null ? null : within(input.committed + target.by, input);
    case 'datetime':
      return input.atTime === undefined || input.atTime < 0
        ? { offset: input.end, note: 'no record is as late: set to the end of the log' }
        : { offset: input.atTime };
  }
}

function within(offset: number, { start, end }: ResetInput): NewOffset {
  if (offset > end) return { offset: end, note: `${offset} is beyond the end of the log: set to ${end}` };
  if (offset < start) return { offset: start, note: `${offset} is before the log begins: set to ${start}` };
  return { offset };
}

/** `earliest`, `latest`, `offset:N`, `datetime:ISO`, `shift-by:N`. Throws BenchError('usage'). */
export function parseResetTarget(text: string): ResetTarget {
  if (text === 'earliest' || text === 'latest') return { kind: text };
  const at = text.indexOf(':');
  const [kind, value] = [text.slice(0, at), text.slice(at + 1)];
  if (kind === 'offset' && /^\d+$/.test(value) && Number.isSafeInteger(Number(value)))
    return { kind, offset: Number(value) };
  if (kind === 'shift-by' && /^[+-]?\d+$/.test(value) && Number.isSafeInteger(Number(value)))
    return { kind, by: Number(value) };
  if (kind === 'datetime') {
    const timestamp = parseDateTime(value);
    if (timestamp !== undefined) return { kind, timestamp };
  }
  throw new BenchError('usage', `--to "${text}" is no place to reset offsets to`, {
    hint: 'earliest, latest, offset:100, datetime:2026-01-31T12:00:00.000 (UTC unless it has a zone), shift-by:-10',
  });
}

const dateTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?(Z|[+-]\d{2}(?::?\d{2})?)?$/;

/** Without a zone it is UTC, as with Kafka's tool; JavaScript would take the machine's. */
function parseDateTime(text: string): number | undefined {
  const match = dateTime.exec(text);
  if (!match) return undefined;
  const zone = match[1] ?? 'Z';
  const local = match[1] ? text.slice(0, -zone.length) : text;
  const full =
    zone.length === 3 ? `${zone}:00` : zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
  const millis = Date.parse(local + full);
  // Date.parse takes 30 February for 2 March; Kafka's tool refuses it.
  const day = new Date(Date.parse(`${local}Z`));
  return Number.isNaN(millis) || !day.toISOString().startsWith(local.slice(0, 10)) ? undefined : millis;
}
