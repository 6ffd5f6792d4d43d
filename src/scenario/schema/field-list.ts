/** A JSON Schema object. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Type words of the short form of a JSON Schema. */
const words: Readonly<Record<string, JsonSchema>> = {
  string: { type: 'string' },
  number: { type: 'number' },
  integer: { type: 'integer' },
  boolean: { type: 'boolean' },
  object: { type: 'object' },
  array: { type: 'array' },
  uuid: { type: 'string', format: 'uuid' },
  timestamp: { type: 'string', format: 'date-time' },
  any: {},
};

export const fieldWords = Object.keys(words);

/**
 * Whether a mapping is the short form, `{ id: uuid, content: string }`, rather than a JSON Schema. In a schema
 * with nothing but texts there is always a `type` or a `$ref`, or else it says nothing worth checking.
 */
export function isFieldMap(given: JsonSchema): given is Readonly<Record<string, string>> {
  const entries = Object.entries(given);
  if (entries.length === 0 || 'type' in given) return false;
  return entries.every(([name, value]) => typeof value === 'string' && !name.startsWith('$'));
}

/** An object that has all of these fields, each of its type, and may have others. */
export function schemaOfFields(fields: readonly string[] | Readonly<Record<string, string>>): JsonSchema {
  if (Array.isArray(fields)) return { type: 'object', required: [...new Set(fields as string[])] };
  const properties = Object.entries(fields).map(([name, word]) => [name, words[word] ?? {}]);
  return {
    type: 'object',
    properties: Object.fromEntries(properties) as JsonSchema,
    required: Object.keys(fields),
  };
}
