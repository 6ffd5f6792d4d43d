/** A single message as tutorials print it; the worker's own view of it. */
export interface MessageView {
  readonly direction: 'sent' | 'received';
  readonly name: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly error?: string;
  readonly skipped: number;
}

export function renderMessage(message: MessageView): string {
  const { direction, name, topic, partition, offset, key, value, error } = message;
  const skipped = message.skipped === 0 ? '' : `… ${message.skipped} more\n`;
  if (error !== undefined)
    return `${skipped}${name} failed to send to ${topic}: ${error} key=${text(key)} value=${text(value)}`;
  // acks=0: the broker confirms neither partition nor offset.
  const place =
    offset < 0
      ? `${topic}${partition < 0 ? '' : ` partition ${partition}`} (not confirmed)`
      : `${topic} partition ${partition} offset ${offset}`;
  return `${skipped}${name} ${direction} ${place} key=${text(key)} value=${text(value)}`;
}

function text(value: string | null): string {
  return value ?? 'null';
}
