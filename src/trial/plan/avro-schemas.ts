import { derivedId } from '../../workload/avro/framing.ts';
import type { AvroReadSpec } from '../../workload/avro/reader.ts';
import { SchemaRegistry } from '../../workload/avro/registry.ts';
import { type AvroSchema, compileSchema } from '../../workload/avro/schema.ts';
import { BenchError, messageOf } from '../../base/errors.ts';
import type { LoadedScenario } from '../../scenario/load.ts';
import type { ConsumerSpec, ProducerSpec } from '../../scenario/schema.ts';

/** A producer's schema, with the id in front of its messages; null: `framing: bare`. */
interface Written {
  readonly schemaId: number | null;
  /** What readers are told: the producer's schema, or what the registry has under the id. */
  readonly schema: unknown;
}

/** What a scenario's clients need to write and read Avro. */
export interface AvroSchemas {
  /** By the path that the scenario writes. */
  readonly files: ReadonlyMap<string, AvroSchema>;
  /** By the producer's name. */
  readonly written: ReadonlyMap<string, Written>;
}

type AvroProducer = ProducerSpec & { value: Extract<ProducerSpec['value'], { kind: 'avro' }> };

/**
 * Registers what producers will write, under `<topic>-value` with the topic as the scenario calls it, and reads it
 * back for consumers. Without a registry nothing is asked of anybody.
 * @throws BenchError where a registry cannot be reached, or refuses
 */
export async function prepareAvro(
  { scenario, avro: files }: Pick<LoadedScenario, 'scenario' | 'avro'>,
  tell: (line: string) => void,
  stop?: AbortSignal,
): Promise<AvroSchemas> {
  const written = new Map<string, Written>();
  for (const producer of scenario.producers.filter(isAvro)) {
    const { framing, registry, schema: file } = producer.value;
    const { json, fingerprint } = fileOf(files, file);
    if (framing === 'bare') written.set(producer.name, { schemaId: null, schema: json });
    else if (registry === undefined) {
      written.set(producer.name, { schemaId: derivedId(fingerprint), schema: json });
    } else {
      const subject = `${producer.topic}-value`;
      const client = new SchemaRegistry(registry);
      const schemaId = await client.register(subject, json, stop);
      const schema = await client.schema(schemaId, stop);
      assertSame(schema, fingerprint, `schema ${schemaId} of subject ${subject}`);
      tell(`registry: ${file} is schema ${schemaId} of subject ${subject}`);
      written.set(producer.name, { schemaId, schema });
    }
  }
  return { files, written };
}

/** A registry may write a schema anew; what it means on the wire must stay. */
function assertSame(schema: unknown, fingerprint: string, what: string): void {
  let reason: string;
  try {
    if (compileSchema(schema).fingerprint === fingerprint) return;
    reason = 'is another schema than the one that was registered';
  } catch (error) {
    reason = messageOf(error);
  }
  throw new BenchError('setup', `the registry's ${what} ${reason}`, {
    hint: 'read the schema with its id at the registry; what it has there is what consumers elsewhere decode with',
  });
}

/** How a consumer reads; undefined where its values are not validated as Avro. */
export function avroReading(
  { topics, validate }: ConsumerSpec,
  producers: readonly ProducerSpec[],
  { files, written }: AvroSchemas,
): AvroReadSpec | undefined {
  if (validate?.avro === undefined) return undefined;
  const { readerSchema: reader, writerSchema: writer } = validate.avro;
  const readerSchema = fileOf(files, reader).json;
  if (writer !== undefined) {
    return { framing: 'bare', readerSchema, writers: [{ id: null, schema: fileOf(files, writer).json }] };
  }
  const writers = producers
    .filter((each) => topics.includes(each.topic))
    .flatMap(({ name }) => written.get(name) ?? [])
    .map(({ schemaId, schema }) => ({ id: schemaId, schema }));
  return { framing: 'confluent', readerSchema, writers };
}

function fileOf(files: AvroSchemas['files'], path: string): AvroSchema {
  const schema = files.get(path);
  if (schema === undefined) throw new Error(`the loader reads every schema, and ${path} is missing`);
  return schema;
}

const isAvro = (producer: ProducerSpec): producer is AvroProducer => producer.value.kind === 'avro';
