import { BenchError, messageOf } from '../../base/errors.ts';
import { type AvroReadSpec, compileReader } from '../avro/reader.ts';
import { compileJsonCheck, compileJsonMatch, type JsonCheck, type JsonCheckSpec } from './json-check.ts';

/** What a value must be; with both, what Avro reads must match the JSON Schema. Plain data, for the worker. */
export interface ValueCheckSpec {
  readonly json?: JsonCheckSpec['json'] | undefined;
  readonly avro?: AvroReadSpec | undefined;
}

/** @throws BenchError `scenario` for schemas that the loader would have refused */
export function compileValueCheck({ json, avro }: ValueCheckSpec): JsonCheck {
  if (avro !== undefined) return avroCheck(avro, json);
  return json === undefined ? { check: () => null } : compileJsonCheck({ json });
}

function avroCheck(spec: AvroReadSpec, json: JsonCheckSpec['json'] | undefined): JsonCheck {
  const read = readerOf(spec, json !== undefined);
  const match = json === undefined ? () => null : compileJsonMatch({ json });
  return {
    check(value, from) {
      const found = read(value, from);
      return 'wrong' in found ? found.wrong : match(found.value);
    },
  };
}

function readerOf(spec: AvroReadSpec, plain: boolean): ReturnType<typeof compileReader> {
  try {
    return compileReader(spec, plain);
  } catch (error) {
    throw new BenchError('scenario', `the reader’s schema cannot read the writer’s: ${messageOf(error)}`, {
      hint: 'kafka-bench validate shows the place in the scenario',
      cause: error,
    });
  }
}
