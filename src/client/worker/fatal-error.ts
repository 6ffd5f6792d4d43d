import type { Micros } from '../../base/clock.ts';
import { isBareFatal } from '../../base/client-error.ts';
import type { FatalError } from '../../protocol/report.ts';

/** A fatal error comes several ways, and not each of them says what caused it: the first time, with the first cause. */
export function fatalWith(known: FatalError | null, at: Micros, message: string): FatalError {
  if (known === null) return { at, message };
  return isBareFatal(known.message) && !isBareFatal(message) ? { at: known.at, message } : known;
}
