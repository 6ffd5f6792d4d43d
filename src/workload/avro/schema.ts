import { createHash } from 'node:crypto';
import avsc, { type Type } from 'avsc';
import { messageOf } from '../../base/errors.ts';
import { misplacedToken } from './json-place.ts';
import { type Logical, type Shape, shapeOf } from './shape.ts';

/** An Avro schema as JSON has it; plain data, so that it crosses to workers. */
export type SchemaJson = string | object;

export interface AvroSchema {
  readonly json: SchemaJson;
  readonly type: Type;
  readonly shape: Shape;
  /** SHA-256 of the Parsing Canonical Form, in hex: two schemas with the same one write the same bytes. */
  readonly fingerprint: string;
}

/** @throws Error that says in one line what is wrong, with the place in the text where it is no JSON. */
export function parseSchema(text: string): AvroSchema {
  return compileSchema(parsedJson(text));
}

/** @throws Error that says in one line why it is no Avro schema */
export function compileSchema(json: unknown): AvroSchema {
  const logical = new WeakMap<Type, Logical>();
  if (json === null || (typeof json !== 'object' && typeof json !== 'string')) {
    throw new Error('is no Avro schema: expected a mapping with "type", a list or the name of a type');
  }
  let type: Type;
  try {
    type = avsc.Type.forSchema(json as Parameters<typeof avsc.Type.forSchema>[0], {
      // Without it a union's values are told apart by their JavaScript types, which cannot tell int from long.
      wrapUnions: true,
      typeHook(schema, options) {
        if (!hasLogical(schema)) return undefined;
        const beneath = avsc.Type.forSchema(
          { ...(schema as object), logicalType: undefined } as never,
          options,
        );
        logical.set(beneath, schema);
        return beneath;
      },
    });
  } catch (error) {
    throw new Error(`is no Avro schema: ${oneLine(messageOf(error))}`, { cause: error });
  }
  return {
    json,
    type,
    shape: shapeOf(type, (each) => logical.get(each) ?? null),
    // avsc's plain schema() is the Parsing Canonical Form.
    fingerprint: createHash('sha256').update(JSON.stringify(type.schema())).digest('hex'),
  };
}

function hasLogical(schema: unknown): schema is Logical {
  return (
    typeof schema === 'object' &&
    schema !== null &&
    'logicalType' in schema &&
    typeof schema.logicalType === 'string'
  );
}

/** Compiled once: the clients of a process share it. */
const compiled = new Map<string, AvroSchema>();

/** The same as compileSchema, kept by what the schema says. */
export function sharedSchema(json: unknown): AvroSchema {
  const text = JSON.stringify(json);
  let schema = compiled.get(text);
  if (schema === undefined) compiled.set(text, (schema = compileSchema(json)));
  return schema;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const { line, column } = misplacedToken(text);
    throw new Error(`is not JSON from line ${line}, column ${column} on`, { cause: error });
  }
}

export const oneLine = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').slice(0, 300);
