import { isUtf8 } from 'node:buffer';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { BenchError, messageOf } from '../../base/errors.ts';

/** What a JSON value must match. Plain data: it crosses to the worker as it is. */
export interface JsonCheckSpec {
  /** A JSON Schema, draft 2020-12 unless its `$schema` names draft 7. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface JsonCheck {
  /**
   * Null where the value is JSON that matches, else one short reason on one line, such as
   * `/timestamp must match format "date-time"` or `not JSON: it is empty`.
   * @param from where the value begins: behind an envelope that stands in front
   */
  check(value: Buffer | null, from: number): string | null;
}

/** By schema text: the clients of a process share what is compiled, which takes some 25 ms. */
const compiled = new Map<string, JsonCheck>();

/** @throws BenchError `scenario` for what is not a JSON Schema; the loader has refused those before. */
export function compileJsonCheck(spec: JsonCheckSpec): JsonCheck {
  const text = JSON.stringify(spec.json);
  const known = compiled.get(text);
  if (known) return known;
  const match = compileJsonMatch(spec);
  const check: JsonCheck = {
    check(value, from) {
      const parsed = parse(value, from);
      return 'wrong' in parsed ? oneLine(`not JSON: ${parsed.wrong}`) : match(parsed.json);
    },
  };
  compiled.set(text, check);
  return check;
}

/** The same for a value that is read already. @throws BenchError `scenario` for what is not a JSON Schema */
export function compileJsonMatch(spec: JsonCheckSpec): (value: unknown) => string | null {
  const matches = compile(spec.json);
  return (value) => (matches(value) ? null : oneLine(reason(matches.errors ?? [])));
}

function compile(schema: JsonCheckSpec['json']): ValidateFunction {
  // Unknown keywords and formats are errors by default. The loader (scenario/value-schema.ts) checks with the same
  // settings; a test holds them together. Without ownProperties every object would have a field "constructor".
  const options = { ownProperties: true, logger: false } as const;
  const ajv = String(schema['$schema']).includes('draft-07') ? new Ajv(options) : new Ajv2020(options);
  addFormats.default(ajv);
  try {
    // Ajv's own extension: the check would answer with a promise, which is never false.
    if ('$async' in schema) throw new Error('$async is not supported');
    return ajv.compile(schema);
  } catch (error) {
    throw new BenchError('scenario', `not a JSON Schema: ${messageOf(error)}`, {
      hint: 'kafka-bench validate shows the place in the scenario',
      cause: error,
    });
  }
}

function parse(value: Buffer | null, from: number): { json: unknown } | { wrong: string } {
  if (value === null) return { wrong: 'there is no value' };
  if (value.length <= from) return { wrong: 'it is empty' };
  const bytes = from === 0 ? value : value.subarray(from);
  // Decoding would replace what is not UTF-8, and the damage would pass for text.
  if (!isUtf8(bytes)) return { wrong: 'it is not UTF-8' };
  try {
    return { json: JSON.parse(bytes.toString()) as unknown };
  } catch (error) {
    return { wrong: messageOf(error) };
  }
}

function reason(errors: readonly ErrorObject[]): string {
  // The last error is about the outermost alternative; an `if` only repeats that its branch failed.
  const last = errors.at(-1)?.keyword === 'if' ? errors.at(-2) : errors.at(-1);
  if (!last) return 'does not match';
  return `${last.instancePath || 'the value'} ${last.message ?? last.keyword}${detail(last)}`;
}

/** What ajv's own messages leave out. */
function detail({ keyword, params }: ErrorObject): string {
  if (keyword === 'additionalProperties' || keyword === 'unevaluatedProperties') {
    return `: ${JSON.stringify(params['additionalProperty'] ?? params['unevaluatedProperty'])}`;
  }
  if (keyword === 'enum') return `: ${JSON.stringify(params['allowedValues'])}`;
  return keyword === 'const' ? `: ${JSON.stringify(params['allowedValue'])}` : '';
}

const widest = 160;

/** Quoted parts of a message may hold line breaks and terminal controls, and be of any length. */
function oneLine(text: string): string {
  const clean = text.replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
  return clean.length > widest ? `${clean.slice(0, widest)}…` : clean;
}
