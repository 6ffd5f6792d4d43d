import type { Micros } from '../base/clock.ts';
import { ENVELOPE_BYTES, ENVELOPE_HEADER, EnvelopeWriter } from '../protocol/envelope.ts';
import { keysOf, streamOf, tombstonesOf } from './client-stream.ts';
import type { Keys, KeySpec } from './keys.ts';
import type { AvroSpec } from './payload/avro.ts';
import { avroPayload } from './payload/avro.ts';
import type { BytesSpec } from './payload/bytes.ts';
import { BytesPayload } from './payload/bytes.ts';
import type { JsonSpec } from './payload/json.ts';
import { jsonPayload } from './payload/json.ts';
import type { Payload } from './payload/payload.ts';
import { randomPool } from './payload/random-pool.ts';
import type { TemplateContext } from './templates.ts';
import { Template, TemplateBuffer } from './templates.ts';

/** What the messages of a producer group look like. Plain data: it crosses to the worker as it is. */
export interface MessageSpec {
  /** The group's name: `${producer}`, and part of every random stream's name. */
  readonly producerName: string;
  readonly key: KeySpec;
  readonly value: BytesSpec | JsonSpec | AvroSpec;
  /** Header name → template. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly envelope: 'prefix' | 'header' | 'none';
  /** Share of messages without a value, 0..1; default 0. A prefix has no place in them. */
  readonly tombstones?: number;
}

/** Which client of the group this is, and what it may draw from. */
export interface MessageSourceOptions {
  readonly seed: number;
  /** Index of the client in its group. */
  readonly client: number;
  /** u32 that tells this run's messages from those of others. */
  readonly run: number;
  /** u16, unique in the run: the producer field of the envelope. */
  readonly producerId: number;
  /** u16: 0, and one more for each restart of the client. */
  readonly incarnation: number;
  /** Milliseconds since 1970, for `${now}`. */
  readonly wallClock: () => number;
}

/** The binding's form of record headers: an array of objects with one key each. */
export type RecordHeader = Record<string, Buffer>;

/**
 * The messages of one client. After `next`, the fields `key`, `value` and `headers` are the message, in the form
 * that the binding's `produce` takes. They are valid until the following `next`: `produce` copies them before it
 * returns (RD_KAFKA_MSG_F_COPY), so the buffers are used again and a message costs no allocation.
 *
 * The same spec and seed give the same bytes for the same calls, except for `${now}` and the due times in the
 * envelope; clients and incarnations differ.
 */
export class MessageSource {
  key: Buffer | null = null;
  value: Buffer | null = null;
  readonly headers: RecordHeader[] | undefined;

  readonly #keys: Keys;
  readonly #payload: Payload;
  readonly #isTombstone: ((sequence: number) => boolean) | null;
  readonly #varying: readonly {
    readonly header: RecordHeader;
    readonly name: string;
    readonly text: TemplateBuffer;
  }[];
  readonly #writer: EnvelopeWriter | undefined;
  /** The header's buffer; undefined where the envelope is a prefix of the value. */
  readonly #envelope: Buffer | undefined;
  readonly #view: DataView | undefined;

  constructor(spec: MessageSpec, options: MessageSourceOptions) {
    const { seed, client, run, producerId, incarnation, wallClock } = options;
    const { producerName, tombstones = 0 } = spec;
    if (tombstones > 0 && spec.envelope === 'prefix') throw new Error('a prefix in messages without a value');
    const identity = { seed, producerName, client, incarnation };
    const context = (use: string): TemplateContext => streamOf(identity, use, wallClock);
    this.#keys = keysOf(spec.key, identity, wallClock);
    this.#isTombstone = tombstones > 0 ? tombstonesOf(tombstones, identity) : null;
    const room = spec.envelope === 'prefix' ? ENVELOPE_BYTES : 0;
    this.#payload = payloadOf(spec.value, room, seed, context('value'));

    const headers: RecordHeader[] = [];
    const varying: { header: RecordHeader; name: string; text: TemplateBuffer }[] = [];
    for (const [name, text] of Object.entries(spec.headers ?? {})) {
      const template = new Template(text, context(`header/${name}`));
      const header: RecordHeader = { [name]: Buffer.from(template.isConstant ? template.text(0) : '') };
      headers.push(header);
      if (!template.isConstant) varying.push({ header, name, text: new TemplateBuffer(template) });
    }
    if (spec.envelope !== 'none')
      this.#writer = new EnvelopeWriter({ run, producer: producerId, incarnation });
    if (spec.envelope === 'header') {
      // A buffer of its own, not a part of one that Node shares.
      const memory = new ArrayBuffer(ENVELOPE_BYTES);
      this.#envelope = Buffer.from(memory);
      this.#view = new DataView(memory);
      headers.push({ [ENVELOPE_HEADER]: this.#envelope });
    }
    this.#varying = varying;
    this.headers = headers.length === 0 ? undefined : headers;
  }

  /**
   * Makes the next message.
   *
   * @param sequence dense per client incarnation, from 0: the envelope's
   * @param groupIndex the message's index in its group: what keys and templates count by
   */
  next(sequence: number, groupIndex: number, due: Micros): void {
    const key = (this.key = this.#keys.next(groupIndex));
    const isTombstone = this.#isTombstone?.(sequence) ?? false;
    const value = (this.value = isTombstone ? null : this.#payload.next(groupIndex));
    for (let i = 0; i < this.#varying.length; i++) {
      const { header, name, text } = this.#varying[i]!;
      header[name] = text.next(groupIndex);
    }
    if (this.#writer === undefined) return;
    const { known } = this.#payload;
    if (value === null) this.#writer.stamp(this.#envelope!, 0, sequence, due, key, null, 0);
    else if (known !== undefined)
      this.#writer.stampKnown(this.#view ?? known.view, sequence, due, key, known);
    else if (this.#envelope === undefined)
      this.#writer.stamp(value, 0, sequence, due, key, value, ENVELOPE_BYTES);
    else this.#writer.stamp(this.#envelope, 0, sequence, due, key, value, 0);
  }
}

function payloadOf(
  value: MessageSpec['value'],
  room: number,
  seed: number,
  context: TemplateContext,
): Payload {
  switch (value.kind) {
    case 'bytes':
      return new BytesPayload(value, room, randomPool(seed), context.random);
    case 'json':
      return jsonPayload(value, room, context);
    case 'avro':
      return avroPayload(value, room, context);
  }
}
