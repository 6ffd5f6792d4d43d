import { RecordMismatch } from '../../workload/avro/record-template.ts';
import { incompatibility } from '../../workload/avro/reader.ts';
import { avroSamples } from '../avro-samples.ts';
import type { Path } from '../problem.ts';
import type { ConsumerSpec } from '../schema.ts';
import type { Rule, RuleContext } from './rule.ts';

export const avroSchemasAreReadable: Rule = (context) => {
  const { producers, consumers } = context.scenario;
  for (const [i, { name, value }] of producers.entries()) {
    if (value.kind === 'avro')
      readable(context, name, value.schema, ['producers', i, 'value', 'avro', 'schema']);
  }
  for (const [i, { name, validate }] of consumers.entries()) {
    const at = ['consumers', i, 'validate', 'avro'];
    const { readerSchema, writerSchema } = validate?.avro ?? {};
    if (readerSchema !== undefined) readable(context, name, readerSchema, [...at, 'readerSchema']);
    if (writerSchema !== undefined) readable(context, name, writerSchema, [...at, 'writerSchema']);
  }
};

function readable({ avro, problem }: RuleContext, name: string, file: string, path: Path): void {
  const wrong = avro.problems.get(file);
  if (wrong === undefined) return;
  const isAbsent = /^no such file/.test(wrong);
  problem(path, `${name}: ${file}${isAbsent ? ':' : ''} ${wrong}`);
}

/** What does not fit its schema cannot be written: found with sample values, before the run. */
export const avroRecordsFit: Rule = ({ scenario, avro, problem }) => {
  for (const [i, producer] of scenario.producers.entries()) {
    const { name, value } = producer;
    if (value.kind !== 'avro') continue;
    const schema = avro.schemas.get(value.schema);
    if (schema === undefined) continue;
    const record = ['producers', i, 'value', 'avro', 'record'];
    try {
      avroSamples(schema, value, producer);
    } catch (error) {
      if (!(error instanceof RecordMismatch)) throw error;
      problem(
        [...record, ...error.path],
        `${name}: ${[...error.path].join('.') || 'the record'}: ${error.message}`,
        {
          ...(error.key ? { at: 'key' as const } : {}),
          involves: [['producers', i, 'value', 'avro', 'schema']],
        },
      );
    }
  }
};

export const framingFits: Rule = ({ scenario, problem }) => {
  for (const [i, { name, value }] of scenario.producers.entries()) {
    if (value.kind !== 'avro' || value.registry === undefined) continue;
    const registry = ['producers', i, 'value', 'avro', 'registry'];
    if (value.framing === 'bare') {
      const message = `${name}: a registry gives the id that framing: bare leaves out; keep one`;
      problem(registry, message, { at: 'key', involves: [['producers', i, 'value', 'avro', 'framing']] });
    }
  }
};

/** A reader that cannot work is a mistake to be found before the run. */
export const readersCanRead: Rule = (context) => {
  for (const [i, consumer] of context.scenario.consumers.entries()) {
    if (consumer.validate?.avro === undefined) continue;
    readerCanRead(context, i, consumer, consumer.validate.avro);
  }
};

function readerCanRead(
  { scenario, avro, problem, warn }: RuleContext,
  i: number,
  { name, topics }: ConsumerSpec,
  { readerSchema, writerSchema }: NonNullable<NonNullable<ConsumerSpec['validate']>['avro']>,
): void {
  const at = ['consumers', i, 'validate', 'avro'];
  const involves = [['producers']];
  const writers = scenario.producers.filter((each) => topics.includes(each.topic));
  const others = writers.filter(({ value }) => value.kind !== 'avro').map((each) => each.name);
  if (others.length > 0) {
    warn('not-avro', `${name}: messages of ${others.join(', ')} are not Avro and will be counted as invalid`);
  }
  const avroWriters = writers.flatMap((each) =>
    each.value.kind === 'avro' ? [{ ...each, value: each.value }] : [],
  );
  for (const writer of avroWriters) {
    const isBare = writer.value.framing === 'bare';
    if (isBare && writerSchema === undefined) {
      const message = `${name}: ${writer.name} writes bare records, which do not say their schema: writerSchema names it`;
      problem(at, message, { at: 'key', involves });
      return;
    }
    if (!isBare && writerSchema !== undefined) {
      const message = `${name}: ${writer.name} writes framed records, which say their schema: writerSchema is for framing: bare`;
      problem([...at, 'writerSchema'], message, { at: 'key', involves });
      return;
    }
  }
  // Ids of two registries, or of one and of none, may be the same for different schemas.
  if (new Set(avroWriters.map(({ value }) => value.registry)).size > 1) {
    const names = avroWriters.map((each) => each.name).join(', ');
    const message = `${name}: ${names} take their schema ids from different places, so that an id does not tell the schema`;
    problem(at, message, { at: 'key', involves });
    return;
  }
  const reader = avro.schemas.get(readerSchema);
  if (reader === undefined) return;
  const written = writerSchema === undefined ? avroWriters.map(({ value }) => value.schema) : [writerSchema];
  for (const file of new Set(written)) {
    const writer = avro.schemas.get(file);
    const wrong = writer === undefined ? null : incompatibility(writer, reader);
    if (wrong === null) continue;
    problem(
      [...at, 'readerSchema'],
      `${name}: ${readerSchema} cannot read what is written with ${file}: ${wrong}`,
      {
        involves,
      },
    );
  }
}
