import { messageOf } from '../../base/errors.ts';
import { frameBytes, type Framing, readFrame } from './framing.ts';
import { plainValue } from './plain-value.ts';
import { type AvroSchema, oneLine, sharedSchema } from './schema.ts';
import { compileStructureCheck } from './structure.ts';

/** How values are to be read. Plain data: it crosses to the worker as it is. */
export interface AvroReadSpec {
  readonly framing: Framing;
  /** JSON of the schema that they are read as. */
  readonly readerSchema: unknown;
  /** JSON of the schemas they may have been written with; `bare` has one, and no id. */
  readonly writers: readonly { readonly id: number | null; readonly schema: unknown }[];
}

/** What a value holds, or why it cannot be read. */
export type Read = { readonly value: unknown } | { readonly wrong: string };

/**
 * @param plain whether values are made what JSON would have, at several times the cost; else they are avsc's
 * @throws Error where a writer's schema cannot be read as the reader's
 */
export function compileReader(
  spec: AvroReadSpec,
  plain = true,
): (value: Buffer | null, from: number) => Read {
  const reader = sharedSchema(spec.readerSchema);
  const writers = new Map(
    spec.writers.map(({ id, schema }) => [id, oneWriter(sharedSchema(schema), reader, plain)]),
  );
  const known = [...writers.keys()].join(', ') || 'none';
  return (value, from) => {
    if (value === null) return { wrong: 'not Avro: there is no value' };
    if (spec.framing === 'bare') return writers.get(null)?.(value, from) ?? { wrong: 'no writer’s schema' };
    const frame = readFrame(value, from);
    if ('wrong' in frame) return frame;
    const read = writers.get(frame.id);
    return read
      ? read(value, from + frameBytes)
      : { wrong: `schema id ${frame.id} is not known; known: ${known}` };
  };
}

function oneWriter(
  writer: AvroSchema,
  reader: AvroSchema,
  plain: boolean,
): (value: Buffer, from: number) => Read {
  const resolver = resolverOf(writer, reader);
  const wrongWith = compileStructureCheck(writer.shape);
  return (value, from) => {
    const wrong = wrongWith(value, from);
    if (wrong !== null) return { wrong: `not as its schema says: ${wrong}` };
    try {
      const read: unknown = reader.type.fromBuffer(value.subarray(from), resolver);
      return { value: plain ? plainValue(reader.shape, read) : read };
    } catch (error) {
      return { wrong: `cannot be read as the reader’s schema: ${oneLine(messageOf(error))}` };
    }
  };
}

/** Null where the reader's schema reads everything that the writer's writes, else the first reason why not. */
export function incompatibility(writer: AvroSchema, reader: AvroSchema): string | null {
  try {
    resolverOf(writer, reader);
    return null;
  } catch (error) {
    return oneLine(messageOf(error));
  }
}

function resolverOf(writer: AvroSchema, reader: AvroSchema) {
  // The specification compares unqualified names.
  return reader.type.createResolver(writer.type, { ignoreNamespaces: true });
}
