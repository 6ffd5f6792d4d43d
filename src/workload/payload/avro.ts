import { messageOf, BenchError } from '../../base/errors.ts';
import { frameBytes, writeFrame } from '../avro/framing.ts';
import { compileRecord, RecordMismatch, type RecordTemplate } from '../avro/record-template.ts';
import { type AvroSchema, sharedSchema } from '../avro/schema.ts';
import type { TemplateContext } from '../templates.ts';
import { Template } from '../templates.ts';
import type { Payload } from './payload.ts';

export interface AvroSpec {
  readonly kind: 'avro';
  /** JSON of the schema. */
  readonly schema: unknown;
  /** The record, with placeholders in its texts. */
  readonly record: unknown;
  /** Written in front, in Confluent's wire format; null: the record stands alone. */
  readonly schemaId: number | null;
}

/** Most records fit; for longer ones the buffer grows once. */
const firstBytes = 1024;

/** @throws BenchError `scenario` for a schema or a record that the loader would have refused. */
export function avroPayload(spec: AvroSpec, room: number, context: TemplateContext): Payload {
  try {
    const schema = sharedSchema(spec.schema);
    const record = compileRecord(schema.shape, spec.record, (text) => {
      const template = new Template(text, context);
      return (index) => template.text(index);
    });
    return new AvroPayload(schema, record, room, spec.schemaId);
  } catch (error) {
    throw unusable(error);
  }
}

class AvroPayload implements Payload {
  readonly #schema: AvroSchema;
  readonly #record: RecordTemplate;
  readonly #schemaId: number | null;
  readonly #room: number;
  /** Where the record begins: behind the envelope's room and the frame. */
  readonly #from: number;
  #bytes = Buffer.alloc(firstBytes);

  constructor(schema: AvroSchema, record: RecordTemplate, room: number, schemaId: number | null) {
    this.#schema = schema;
    this.#record = record;
    this.#schemaId = schemaId;
    this.#room = room;
    this.#from = room + (schemaId === null ? 0 : frameBytes);
    this.#frame();
  }

  /** @throws BenchError where a text that was filled in does not fit its type. */
  next(index: number): Buffer {
    let record: unknown;
    try {
      record = this.#record.at(index);
    } catch (error) {
      throw unusable(error);
    }
    const { type } = this.#schema;
    let end = type.encode(record, this.#bytes, this.#from);
    if (end < 0) {
      // What avsc answers is how many bytes were missing.
      this.#bytes = Buffer.alloc((this.#bytes.length - end) * 2);
      this.#frame();
      end = type.encode(record, this.#bytes, this.#from);
    }
    return this.#bytes.subarray(0, end);
  }

  #frame(): void {
    if (this.#schemaId !== null) writeFrame(this.#bytes, this.#room, this.#schemaId);
  }
}

function unusable(error: unknown): BenchError {
  const place = error instanceof RecordMismatch && error.path.length > 0 ? `${error.path.join('.')}: ` : '';
  return new BenchError('scenario', `value.avro: ${place}${messageOf(error)}`, {
    hint: 'the record must fit its schema in every message; kafka-bench validate checks the first, a middle and the last',
    cause: error,
  });
}
