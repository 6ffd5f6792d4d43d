import type { EventEmitter } from 'node:events';
import { binding } from './binding.ts';

const names = new Map<number, string>();

/** librdkafka's name of an error code as Kafka users know it: −192 → `_MSG_TIMED_OUT`, 19 → `NOT_ENOUGH_REPLICAS`. */
export function errorName(code: number): string {
  if (names.size === 0) {
    // The binding spells client-side codes ERR__X and broker codes ERR_X.
    for (const [name, value] of Object.entries(binding.CODES.ERRORS))
      names.set(value, name.replace(/^ERR_/, ''));
  }
  return names.get(code) ?? `ERROR_${String(code)}`;
}

/** RD_KAFKA_RESP_ERR__FATAL: the client does nothing more. */
export const fatalError = '_FATAL';

/** Of an error that a client tells as an event: the binding keeps the text of those and drops the code. */
export function eventErrorName({
  code,
  message,
}: {
  readonly code: number;
  readonly message: string;
}): string {
  return isBareFatal(message) ? fatalError : errorName(code);
}

/** Says that an error was fatal, and not which. */
export const isBareFatal = (message: string): boolean => /^(local: )?fatal error$/i.test(message);

/** librdkafka logs the cause of a fatal error, `Fatal error: CAUSE: DETAILS`; the event itself has lost it. */
export function onFatal(client: EventEmitter, told: (name: string, message: string) => void): void {
  client.on('event.log', ({ fac, message }: { fac: string; message: string }) => {
    if (fac === 'FATAL') told(fatalError, message.replace(/^\[.*?\]: /, '').replace(/^Fatal error: /, ''));
  });
}
