/** `confluent`: a zero byte and a schema id in front of the record. `bare`: the record alone. */
export type Framing = 'confluent' | 'bare';

const magic = 0;
/** The zero byte, and the id as four bytes, big-endian. */
export const frameBytes = 5;

/** Writes Confluent's wire format in front of a record, at `at`. */
export function writeFrame(target: Buffer, at: number, id: number): void {
  target[at] = magic;
  target.writeUInt32BE(id, at + 1);
}

/** The schema id of a framed value that begins at `at`, or why there is none. */
export function readFrame(value: Buffer, at: number): { readonly id: number } | { readonly wrong: string } {
  if (value.length < at + frameBytes) {
    return { wrong: `not framed: ${value.length - at} bytes, and a magic byte and a schema id take five` };
  }
  const first = value[at]!;
  if (first !== magic) return { wrong: `not framed: its first byte is ${first}, not 0` };
  return { id: value.readUInt32BE(at + 1) };
}

/**
 * The id that stands for a schema where no registry gives one: the first four bytes of its fingerprint, big-endian,
 * without the sign bit, so that Java's int holds it. The same schema has the same id in every run.
 */
export function derivedId(fingerprint: string): number {
  return parseInt(fingerprint.slice(0, 8), 16) & 0x7fffffff;
}
