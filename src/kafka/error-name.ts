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
