import type { HeaderList, ReceivedMessage } from '../../kafka/binding.ts';

/**
 * Where a dead letter comes from and why, in headers behind the original's own. Names and textual values are those of
 * Kafka's own dead letters of share groups (KIP-1191).
 */
export const deadLetterHeaders = {
  topic: '__dlq.errors.topic',
  partition: '__dlq.errors.partition',
  offset: '__dlq.errors.offset',
  group: '__dlq.errors.group',
  attempts: '__dlq.errors.delivery.count',
  error: '__dlq.errors.message',
} as const;

/** What a dead letter says of itself. */
export interface DeadLetterOrigin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** `group.id` of the consumer that gave up. */
  readonly group: string;
}

export function headersOf(
  original: ReceivedMessage,
  why: { readonly group: string; readonly attempts: number; readonly error: string },
): HeaderList {
  const { topic, partition, offset } = original;
  return [
    ...(original.headers ?? []),
    { [deadLetterHeaders.topic]: topic },
    { [deadLetterHeaders.partition]: String(partition) },
    { [deadLetterHeaders.offset]: String(offset) },
    { [deadLetterHeaders.group]: why.group },
    { [deadLetterHeaders.attempts]: String(why.attempts) },
    { [deadLetterHeaders.error]: why.error },
  ];
}

/** Null where the headers do not name a place. The last of a name counts: a dead letter may die again. */
export function originOf({ headers = [] }: Pick<ReceivedMessage, 'headers'>): DeadLetterOrigin | null {
  const last = new Map<string, string>();
  for (const header of headers) {
    for (const [name, value] of Object.entries(header)) last.set(name, value.toString());
  }
  const topic = last.get(deadLetterHeaders.topic);
  const [partition, offset] = [last.get(deadLetterHeaders.partition), last.get(deadLetterHeaders.offset)];
  if (topic === undefined || !isNumber(partition) || !isNumber(offset)) return null;
  const group = last.get(deadLetterHeaders.group) ?? '';
  return { topic, partition: Number(partition), offset: Number(offset), group };
}

function isNumber(text: string | undefined): text is string {
  return text !== undefined && /^\d{1,15}$/.test(text);
}
