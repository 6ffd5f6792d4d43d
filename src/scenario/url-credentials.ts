import { redacted } from '../base/redact.ts';
import type { Path } from './problem.ts';

/** Whether a URL stands there, which may have `user:password@` before its host. */
export const isUrl = (path: Path): boolean => path.at(-1) === 'registry' && path.at(-2) === 'avro';

/** The URL without what stands before its host, and what of that is secret; `${…}` has been filled in. */
export function withoutCredentials(url: string): {
  readonly shown: string;
  readonly secrets: readonly string[];
} {
  const match = /^([^/]*\/\/)([^/\s]*)@/.exec(url);
  if (!match) return { shown: url, secrets: [] };
  const [whole, scheme, given] = match;
  // A user without a password is a token.
  const secret = given!.slice(given!.indexOf(':') + 1);
  return { shown: `${scheme!}${redacted}@${url.slice(whole.length)}`, secrets: [secret, decoded(secret)] };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
