import { BenchError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import type { TemplateField } from './template-field.ts';
import {
  literalField,
  nowField,
  randomIntField,
  randomTextField,
  sequenceField,
  uuidField,
} from './template-field.ts';

/** What placeholders draw from. The same random stream gives the same text, except for `${now}`. */
export interface TemplateContext {
  readonly random: Random;
  /** Name of the producer group, for `${producer}`. */
  readonly producer: string;
  /** Wall clock in milliseconds since 1970. */
  readonly wallClock: () => number;
}

const KNOWN = '${seq} ${uuid} ${now} ${producer} ${random:int:1:100} ${random:text:20}';

/**
 * A text with placeholders, compiled to write UTF-8 without building strings. What is inserted needs no escaping
 * in JSON, so a JSON document is a template like any other.
 */
export class Template {
  readonly fields: readonly TemplateField[];
  readonly minBytes: number;
  readonly maxBytes: number;
  /** True where every message gets the same text. */
  readonly isConstant: boolean;

  /** @throws BenchError `scenario` for a placeholder that does not exist. */
  constructor(text: string, context: TemplateContext) {
    this.fields = fieldsOf(text, context);
    this.minBytes = this.fields.reduce((sum, field) => sum + field.minBytes, 0);
    this.maxBytes = this.fields.reduce((sum, field) => sum + field.maxBytes, 0);
    this.isConstant = this.fields.every((field) => field.constant);
  }

  /** The text of message `index` of the group. */
  text(index: number): string {
    return new TemplateBuffer(this).next(index).toString();
  }
}

/**
 * A template's text in a buffer that is used again for the next message, behind `room` free bytes. The views are
 * kept by length, because making one costs more than writing the text.
 */
export class TemplateBuffer {
  readonly #fields: readonly TemplateField[];
  readonly #room: number;
  /** Where each field of the last message began: a constant one in the same place is there already. */
  readonly #starts: Int32Array;
  readonly #bytes: Buffer;
  /** By length beyond the shortest. */
  readonly #views: (Buffer | undefined)[];
  readonly #shortest: number;

  constructor(template: Template, room = 0) {
    this.#fields = template.fields;
    this.#starts = new Int32Array(template.fields.length).fill(-1);
    this.#room = room;
    this.#bytes = Buffer.alloc(room + template.maxBytes);
    this.#shortest = room + template.minBytes;
    this.#views = new Array<undefined>(template.maxBytes - template.minBytes + 1).fill(undefined);
  }

  /** Valid until the next call. */
  next(index: number): Buffer {
    const fields = this.#fields;
    const starts = this.#starts;
    const bytes = this.#bytes;
    let at = this.#room;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i]!;
      // Constant text that begins where it last did is there already: what precedes it ends where it begins.
      if (field.constant && starts[i] === at) {
        at += field.maxBytes;
        continue;
      }
      starts[i] = at;
      at = field.write(bytes, at, index);
    }
    return (this.#views[at - this.#shortest] ??= bytes.subarray(0, at));
  }
}

function fieldsOf(text: string, context: TemplateContext): TemplateField[] {
  const fields: TemplateField[] = [];
  let literal = '';
  let last = 0;
  const flush = () => {
    if (literal !== '') fields.push(literalField(literal));
    literal = '';
  };
  for (const match of text.matchAll(/\$\{([^}]*)\}/g)) {
    literal += text.slice(last, match.index);
    last = match.index + match[0].length;
    if (match[1] === 'producer') {
      literal += context.producer;
      continue;
    }
    flush();
    fields.push(fieldOf(match[1]!, context));
  }
  literal += text.slice(last);
  flush();
  return fields;
}

function fieldOf(placeholder: string, { random, wallClock }: TemplateContext): TemplateField {
  if (placeholder === 'seq') return sequenceField;
  if (placeholder === 'uuid') return uuidField(random);
  if (placeholder === 'now') return nowField(wallClock);
  const int = /^random:int:(-?\d{1,15}):(-?\d{1,15})$/.exec(placeholder);
  if (int) {
    const [low, high] = [Number(int[1]), Number(int[2])];
    if (low > high || high - low >= 2 ** 32) {
      throw unusable(placeholder, 'the first number must not exceed the second, nor the span 2^32');
    }
    return randomIntField(random, low, high);
  }
  const length = /^random:text:(\d{1,8})$/.exec(placeholder);
  if (length) return randomTextField(random, Number(length[1]));
  throw unusable(placeholder, `placeholders are ${KNOWN}`);
}

function unusable(placeholder: string, hint: string): BenchError {
  return new BenchError('scenario', `template: cannot use \${${placeholder}}`, { hint });
}
