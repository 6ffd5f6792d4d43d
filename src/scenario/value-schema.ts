import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { messageOf } from '../base/errors.ts';
import { valueAt } from './explain.ts';
import type { Path } from './problem.ts';
import type { JsonSchema } from './schema/field-list.ts';

export interface SchemaProblem {
  /** Within the schema. */
  readonly path: Path;
  readonly message: string;
}

const draft7 = 'http://json-schema.org/draft-07/schema';
const drafts: readonly unknown[] = [undefined, draft7, 'https://json-schema.org/draft/2020-12/schema'];

/** A JSON Schema, draft 2020-12 unless its `$schema` names draft 7, compiled; or what is wrong with it. */
export function compileSchema(schema: JsonSchema): ValidateFunction | SchemaProblem {
  const { $schema } = schema;
  const draft = typeof $schema === 'string' ? $schema.replace(/#$/, '') : $schema;
  if (!drafts.includes(draft)) {
    const message = `unknown $schema; leave it out for draft 2020-12, or name draft 7, ${draft7}#`;
    return { path: ['$schema'], message };
  }
  // Ajv's own extension, whose answer is a promise.
  if ('$async' in schema) return { path: ['$async'], message: '$async is not supported' };
  // Whatever passes here must compile in the worker (workload/validation/json-check.ts): the same settings, and a
  // test that holds them together.
  const options = { ownProperties: true, logger: false } as const;
  const ajv = draft === draft7 ? new Ajv(options) : new Ajv2020(options);
  addFormats.default(ajv);
  try {
    if (ajv.validateSchema(schema) === true) return ajv.compile(schema);
    const [first] = ajv.errors ?? [];
    return { path: pathIn(schema, first?.instancePath ?? ''), message: reasonOf(first, 'it') };
  } catch (error) {
    return compilerProblem(schema, messageOf(error));
  }
}

/** The compiler tells a place only with formats. */
function compilerProblem(schema: JsonSchema, said: string): SchemaProblem {
  const format = /^(unknown format .*) ignored in schema at path "#(.*)"$/.exec(said);
  if (format) return { path: [...pathIn(schema, format[2]!), 'format'], message: clean(format[1]!) };
  return { path: [], message: clean(said.replace(/^strict mode: /, '')) };
}

/**
 * `/timestamp must match format "date-time"`.
 * @param whole what is said instead of a place when the value as a whole is meant
 */
export function reasonOf(error: ErrorObject | undefined, whole: string): string {
  if (!error) return `${whole} does not match`;
  const allowed: unknown = error.params['allowedValues'];
  const detail = Array.isArray(allowed) ? `: ${allowed.join(', ')}` : '';
  return clean(`${error.instancePath || whole} ${error.message ?? error.keyword}${detail}`);
}

/** A JSON pointer as a path: list entries are numbers. */
function pathIn(schema: JsonSchema, pointer: string): Path {
  let path: Path = [];
  for (const escaped of pointer.split('/').slice(1)) {
    const segment = escaped.replaceAll('~1', '/').replaceAll('~0', '~');
    path = [...path, Array.isArray(valueAt(schema, path)) ? Number(segment) : segment];
  }
  return path;
}

const clean = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]/gu, ' ').slice(0, 300);
