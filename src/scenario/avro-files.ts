import { messageOf } from '../base/errors.ts';
import { type AvroSchema, parseSchema } from '../workload/avro/schema.ts';
import type { ScenarioOutput } from './schema.ts';

/** The Avro schemas that a scenario names, by the path as it is written there. */
export interface AvroFiles {
  readonly schemas: ReadonlyMap<string, AvroSchema>;
  /** Why the others cannot be used: a sentence without its subject. */
  readonly problems: ReadonlyMap<string, string>;
}

/** As a result keeps them: what was written in the file, without what only people read, and Avro's fingerprint. */
export type AvroFilesStored = Readonly<
  Record<string, { readonly fingerprint: string; readonly schema: unknown }>
>;

/** @param readFile contents of a file named relative to the scenario; throws with a message for a person */
export function readAvroFiles(
  { producers, consumers }: ScenarioOutput,
  readFile: (path: string) => string,
): AvroFiles {
  const named = new Set([
    ...producers.flatMap(({ value }) => (value.kind === 'avro' ? [value.schema] : [])),
    ...consumers.flatMap(({ validate }) => {
      const { readerSchema, writerSchema } = validate?.avro ?? {};
      return [readerSchema, writerSchema].filter((each) => each !== undefined);
    }),
  ]);
  const schemas = new Map<string, AvroSchema>();
  const problems = new Map<string, string>();
  for (const path of named) {
    try {
      schemas.set(path, parseSchema(readFile(path)));
    } catch (error) {
      problems.set(path, messageOf(error));
    }
  }
  return { schemas, problems };
}

/** Null where a scenario names none: its identity stays what it was. */
export function storedAvroFiles({ schemas }: AvroFiles): AvroFilesStored | null {
  if (schemas.size === 0) return null;
  return Object.fromEntries(
    [...schemas].map(([path, { fingerprint, json }]) => [path, { fingerprint, schema: withoutDoc(json) }]),
  );
}

function withoutDoc(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(withoutDoc);
  if (typeof json !== 'object' || json === null) return json;
  const entries = Object.entries(json).filter(([key, value]) => key !== 'doc' || typeof value !== 'string');
  // A default may be any JSON, also with a key "doc".
  return Object.fromEntries(
    entries.map(([key, value]) => [key, key === 'default' ? value : withoutDoc(value)]),
  );
}
