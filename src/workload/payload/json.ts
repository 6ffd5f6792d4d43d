import { BenchError, messageOf } from '../../base/errors.ts';
import type { TemplateContext } from '../templates.ts';
import { Template, TemplateBuffer } from '../templates.ts';
import type { Payload } from './payload.ts';

export interface JsonSpec {
  readonly kind: 'json';
  /** The text of a JSON document with placeholders; outside quotes they give numbers: `{"n": ${seq}}`. */
  readonly template: string;
}

/** The template of what a scenario says: its text as it is, or a JSON value with placeholders inside its strings. */
export function jsonTemplate(json: unknown): string {
  return typeof json === 'string' ? json : JSON.stringify(json);
}

/** @throws BenchError `scenario` for unknown placeholders and for templates that do not give JSON. */
export function jsonPayload(spec: JsonSpec, room: number, context: TemplateContext): Payload {
  assertJson(spec.template, context);
  return new TemplateBuffer(new Template(spec.template, context), room);
}

function assertJson(text: string, context: TemplateContext): void {
  // The trial document must not take numbers from the stream that the messages draw from.
  const zero = { uint32: () => 0, float: () => 0, below: () => 0 };
  const sample = new Template(text, { ...context, random: zero }).text(0);
  try {
    JSON.parse(sample);
  } catch (error) {
    throw new BenchError('scenario', `the json template does not give JSON: ${messageOf(error)}`, {
      hint: `its first message would be ${sample.slice(0, 200)}`,
      cause: error,
    });
  }
}
