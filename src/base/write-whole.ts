import { writeSync } from 'node:fs';

/** Writes all of it: on a disk that is nearly full a write may take a part, without an error. */
export function writeWhole(file: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
}
