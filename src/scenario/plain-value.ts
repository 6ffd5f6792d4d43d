import { pathName } from './explain.ts';
import type { Path } from './problem.ts';

/** As deep as the reader goes, and well before the stack ends. */
const deepest = 200;

/**
 * What keeps a value of a program from being a scenario: that which a file could not say, and JSON would refuse,
 * change or leave out. `undefined` in a mapping is a key that is not there.
 *
 * @returns a sentence for each place, with the path of the key; none where the value is plain
 */
export function notPlain(root: unknown): string[] {
  const found: string[] = [];
  visit(root, [], []);
  return found;

  function nameOf(path: Path): string {
    if (path.length === 0) return 'the scenario';
    // A name of two hundred parts says no more than its first.
    return pathName(path.length > deepest ? path.slice(0, 1) : path, root);
  }

  function visit(value: unknown, path: Path, above: readonly object[]): void {
    const what = why(value, path, above);
    if (what !== null) found.push(`${nameOf(path)} ${what}`);
    else if (typeof value === 'object' && value !== null) {
      const inside = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
      for (const [key, each] of inside) visit(each, [...path, key], [...above, value]);
    }
  }
}

function why(value: unknown, path: Path, above: readonly object[]): string | null {
  switch (typeof value) {
    case 'bigint':
      return `is a BigInt (${value}n): give a number or a text`;
    case 'function':
    case 'symbol':
      return `is a ${typeof value}: give what a scenario file would say`;
    case 'number':
      return Number.isFinite(value) ? null : `is ${value}: give a finite number`;
    case 'undefined':
      return typeof path.at(-1) === 'string' ? null : 'is undefined: give what a scenario file would say';
    case 'object':
      break;
    default:
      return null;
  }
  if (value === null) return null;
  if (above.includes(value)) return 'holds itself: a scenario has no cycles';
  if (above.length > deepest) return 'is nested too deeply';
  if (Array.isArray(value) || isMapping(value)) return null;
  const { constructor } = value as { readonly constructor?: { readonly name: string } };
  return `is a ${constructor?.name ?? 'strange object'}: give a plain mapping, a list or a text`;
}

/** An object literal's, of whatever realm, or one without a prototype. */
function isMapping(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
