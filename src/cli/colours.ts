import colours from 'picocolors';
import type { Paint } from '../report/paint.ts';
import { plain } from '../report/paint.ts';

/** Colours where standard output is a terminal and nobody objects (NO_COLOR). */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  if (!stream.isTTY || !colours.isColorSupported) return plain;
  return {
    bold: colours.bold,
    dim: colours.dim,
    good: colours.green,
    bad: colours.red,
    warn: colours.yellow,
  };
}
