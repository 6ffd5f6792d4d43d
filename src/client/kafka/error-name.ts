import { binding, describeCode } from './binding.ts';

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

/** What the binding gives an error event: it keeps the code's description and drops the code. */
const unknownCode = -1;

const byDescription = new Map<string, number>();

/** librdkafka's name of an event's error, found by its description where its code was dropped. */
export function codeOfText({ code, message }: { readonly code: number; readonly message: string }): string {
  if (code !== unknownCode) return errorName(code);
  if (byDescription.size === 0) {
    for (const each of Object.values(binding.CODES.ERRORS))
      if (!byDescription.has(shortened(describeCode(each))))
        byDescription.set(shortened(describeCode(each)), each);
  }
  return errorName(byDescription.get(shortened(message)) ?? code);
}

/** As the binding writes it in an event: without `Local: `, what follows a second colon, and capitals. */
function shortened(description: string): string {
  const [first, second] = description.toLowerCase().split(': ');
  return second ?? first!;
}
