import { inexactIntegers } from '../../base/exact-number.ts';
import type { Path } from '../problem.ts';
import { sampleValues } from '../sample-values.ts';
import type { JsonSchema } from '../schema/field-list.ts';
import { compileSchema, reasonOf } from '../value-schema.ts';
import type { Rule, RuleContext } from './rule.ts';

export const schemasAreValid: Rule = (context) => {
  const { consumers, producers } = context.scenario;
  for (const [i, { name, validate }] of consumers.entries()) {
    if (validate?.json) schemaIsValid(context, validate.json, ['consumers', i, 'validate', 'json'], name);
  }
  for (const [i, { name, value }] of producers.entries()) {
    if (value.kind === 'json' && value.schema)
      schemaIsValid(context, value.schema, ['producers', i, 'value', 'schema'], name);
  }
};

function schemaIsValid({ problem }: RuleContext, schema: JsonSchema, path: Path, name: string): void {
  const compiled = compileSchema(schema);
  if (typeof compiled === 'function') return;
  const message = `${name}: ${path.slice(2).join('.')} is not a JSON Schema: ${compiled.message}`;
  const fieldsMeant = Object.values(schema).every((each) => typeof each === 'string');
  const hint = '; a field named "type" needs the long form, { properties: { type: … }, required: [type] }';
  problem([...path, ...compiled.path], 'type' in schema && fieldsMeant ? message + hint : message);
}

/** A producer that sends other messages than it says is a mistake to be found before the run. */
export const valuesMatchTheirSchema: Rule = ({ scenario, problem }) => {
  for (const [i, { name, value, messages }] of scenario.producers.entries()) {
    if (value.kind !== 'json' || !value.schema) continue;
    const matches = compileSchema(value.schema);
    if (typeof matches !== 'function') continue;
    const wrong = sampleValues(value.template, name, messages).find((sample) => {
      const json = parsed(sample);
      return json !== undefined && !matches(json.value);
    });
    if (wrong === undefined) continue;
    const shown = wrong.replace(/\s+/g, ' ').slice(0, 120);
    problem(
      ['producers', i, 'value', 'schema'],
      `${name}: value.json does not match value.schema: ${reasonOf(matches.errors?.at(-1), 'the value')}; a message would be ${shown}`,
      { at: 'key', involves: [['producers', i, 'value', 'json']] },
    );
  }
};

/** Keywords whose answer may change with the digits that JavaScript does not have. */
const exactKeywords = ['multipleOf', 'uniqueItems'];

/**
 * Values are sent as their template says, whatever their numbers; a check reads them as JavaScript does. Comparisons
 * with numbers of the schema come out the same, which themselves are exact.
 */
export const checkedNumbersAreExact: Rule = ({ scenario, problem }) => {
  for (const [i, { name, value, messages, topic }] of scenario.producers.entries()) {
    if (value.kind !== 'json') continue;
    const [number] = sampleValues(value.template, name, messages).flatMap(inexactIntegers);
    if (number === undefined) continue;
    const schemas: [Path, string, JsonSchema | undefined][] = [
      [['producers', i, 'value', 'schema'], name, value.schema],
      ...scenario.consumers.flatMap((each, j): [Path, string, JsonSchema | undefined][] =>
        each.topics.includes(topic)
          ? [[['consumers', j, 'validate', 'json'], each.name, each.validate?.json]]
          : [],
      ),
    ];
    for (const [path, whose, schema] of schemas) {
      const keyword = exactKeywords.find((each) => schema !== undefined && holdsKey(schema, each));
      if (keyword === undefined) continue;
      const message = `${whose}: ${keyword} cannot be checked of ${number}, which ${name} sends: JavaScript counts exactly to 9007199254740991`;
      problem(path, message, { at: 'key', involves: [['producers', i, 'value', 'json']] });
    }
  }
};

function holdsKey(schema: unknown, key: string): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  return (
    (!Array.isArray(schema) && key in schema) || Object.values(schema).some((each) => holdsKey(each, key))
  );
}

/** What is no JSON at all is told by another rule. */
function parsed(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

/** "0 invalid" must not mean that nobody looked: foreign messages are not validated. */
export const validationSeesMessages: Rule = ({ scenario, problem, warn }) => {
  for (const [i, { name, topics, validate }] of scenario.consumers.entries()) {
    const what = validate?.avro ? 'avro' : validate?.json ? 'json' : null;
    if (what === null) continue;
    const writers = scenario.producers.filter(({ topic }) => topics.includes(topic));
    const bare = writers.filter(({ envelope }) => envelope === 'none');
    const piped = scenario.pipelines.some(({ to }) => topics.includes(to));
    if (bare.length === writers.length && !piped) {
      const message = `${name}: validate.${what} would check nothing: only messages that this scenario sends, with an envelope, are validated`;
      problem(['consumers', i, 'validate', what], message, { at: 'key', involves: [['producers']] });
    } else if (bare.length > 0) {
      const names = bare.map((each) => each.name).join(', ');
      warn('not-validated', `${name}: messages of ${names} are not validated: envelope: none`);
    }
  }
};

export const invalidIsCounted: Rule = ({ scenario, problem }) => {
  for (const { name, scope, metric } of scenario.expect) {
    if (name !== 'invalid') continue;
    const asked = scenario.consumers.filter((each) => scope === null || each.name === scope);
    if (
      (scope !== null && asked.length === 0) ||
      asked.some(({ validate }) => validate?.json ?? validate?.avro)
    )
      continue;
    const message = `${metric} is not measured: no consumer that it counts has validate.json or validate.avro`;
    problem(['expect', metric], message, { at: 'key', involves: [['consumers']] });
  }
};
