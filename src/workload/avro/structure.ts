import { isUtf8 } from 'node:buffer';
import type { RecordShape, Shape } from './shape.ts';

/** A value may be a list of a billion nulls in five bytes; no message of ours is. */
const mostEmptyItems = 1_000_000;

interface Cursor {
  readonly bytes: Buffer;
  at: number;
}

type Step = (cursor: Cursor) => void;

/**
 * Whether bytes are one value of a schema and nothing else, by the letter of the specification. avsc looks at the end
 * of the buffer only when it is done, so that a length from foreign bytes keeps it reading, and takes any bytes for
 * text.
 * @returns null, or what is wrong
 */
export function compileStructureCheck(shape: Shape): (bytes: Buffer, from: number) => string | null {
  const step = stepOf(shape, new Map());
  return (bytes, from) => {
    const cursor = { bytes, at: from };
    try {
      step(cursor);
    } catch (error) {
      if (error instanceof Malformed) return error.message;
      if (error instanceof RangeError) return 'it is nested too deeply';
      throw error;
    }
    const left = bytes.length - cursor.at;
    return left === 0 ? null : `${left} bytes are left behind the record`;
  };
}

class Malformed extends Error {}

function stepOf(shape: Shape, known: Map<RecordShape, Step>): Step {
  switch (shape.kind) {
    case 'null':
      return () => undefined;
    case 'boolean':
      return (cursor) => {
        const at = take(cursor, 1);
        if (cursor.bytes[at]! > 1) throw new Malformed(`byte ${cursor.bytes[at]} is no boolean`);
      };
    case 'int':
      return (cursor) => {
        const value = readLong(cursor);
        if (value < -(2 ** 31) || value >= 2 ** 31) throw new Malformed(`${value} does not fit into an int`);
      };
    case 'long':
      return (cursor) => void readLong(cursor);
    case 'float':
      return (cursor) => void take(cursor, 4);
    case 'double':
      return (cursor) => void take(cursor, 8);
    case 'bytes':
      return (cursor) => void take(cursor, readLength(cursor));
    case 'string':
      return readText;
    case 'fixed':
      return (cursor) => void take(cursor, shape.size);
    case 'enum':
      return (cursor) => {
        const index = readLong(cursor);
        if (shape.symbols[index] === undefined)
          throw new Malformed(`enum ${shape.name} has no symbol ${index}`);
      };
    case 'array':
      return blocks(stepOf(shape.items, known));
    case 'map': {
      const values = stepOf(shape.values, known);
      return blocks((cursor) => {
        readText(cursor);
        values(cursor);
      });
    }
    case 'union': {
      const branches = shape.branches.map((branch) => stepOf(branch.shape, known));
      return (cursor) => {
        const index = readLong(cursor);
        const branch = branches[index];
        if (branch === undefined) throw new Malformed(`a union has no branch ${index}`);
        branch(cursor);
      };
    }
    case 'record': {
      const before = known.get(shape);
      if (before) return before;
      const fields: Step[] = [];
      const step: Step = (cursor) => {
        for (const field of fields) field(cursor);
      };
      known.set(shape, step);
      fields.push(...shape.fields.map((field) => stepOf(field.shape, known)));
      return step;
    }
  }
}

/** Items come in blocks with their number in front; a negative number is followed by the block's bytes. */
function blocks(item: Step): Step {
  return (cursor) => {
    for (;;) {
      let count = readLong(cursor);
      if (count === 0) return;
      if (count < 0) {
        count = -count;
        const length = readLength(cursor);
        if (cursor.at + length > cursor.bytes.length) throw tooShort();
      }
      const before = cursor.at;
      for (let i = 0; i < count; i++) {
        item(cursor);
        if (i >= mostEmptyItems && cursor.at === before)
          throw new Malformed(`a list of ${count} empty items`);
      }
    }
  };
}

function readText(cursor: Cursor): void {
  const length = readLength(cursor);
  const from = take(cursor, length);
  if (!isUtf8(cursor.bytes.subarray(from, from + length))) throw new Malformed('a string is not UTF-8');
}

function readLength(cursor: Cursor): number {
  const length = readLong(cursor);
  if (length < 0) throw new Malformed(`a length of ${length}`);
  return length;
}

function take(cursor: Cursor, length: number): number {
  const from = cursor.at;
  if (from + length > cursor.bytes.length) throw tooShort();
  cursor.at += length;
  return from;
}

/** Zigzag, seven bits a byte, the lowest first, at most ten bytes; beyond 2^53 only near enough. */
function readLong(cursor: Cursor): number {
  const { bytes } = cursor;
  let unsigned = 0;
  let scale = 1;
  for (let i = 0; i < 10; i++) {
    if (cursor.at >= bytes.length) throw tooShort();
    const byte = bytes[cursor.at++]!;
    unsigned += (byte & 0x7f) * scale;
    if (byte < 0x80) return unsigned % 2 === 0 ? unsigned / 2 : -(unsigned + 1) / 2;
    scale *= 128;
  }
  throw new Malformed('a number of more than ten bytes');
}

const tooShort = (): Malformed => new Malformed('it ends within the record');
