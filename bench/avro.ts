import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileReader } from '../src/workload/avro/reader.ts';
import { parseSchema } from '../src/workload/avro/schema.ts';
import { compileStructureCheck } from '../src/workload/avro/structure.ts';
import { nanosPerCall, type Part } from './per-call.ts';
import { interleave, ratios, spread, writeRatio } from './rounds.ts';
import type { Context, Section } from './section.ts';

/** One record, written and read with avsc and as JSON. */
export async function avro(context: Context): Promise<Section> {
  const works = createWorks();
  const millis = context.quick ? 30 : 500;
  const samples = await interleave(
    Object.entries(works).map(([name, { work }]) => ({
      name,
      measure: () => Promise.resolve(nanosPerCall(work, millis) / 1000),
    })),
    context,
  );
  const rows = Object.entries(works).map(([name, { beside, bytes }]) => {
    const own = samples.get(name) ?? [];
    const ratio = spread(ratios(own, samples.get(beside) ?? []), writeRatio);
    return [name, spread(own, (micros) => micros.toFixed(2)), name === beside ? '' : ratio, String(bytes)];
  });
  return {
    title: 'Avro: the record of scenarios/avro.yaml, beside the same as JSON, each alone in a loop',
    alignments: ['left', 'right', 'right', 'right'],
    rows: [['', 'µs/record', '÷ JSON', 'bytes'], ...rows],
    notes: [],
    samples: Object.fromEntries(samples),
  };
}

interface Work {
  /** Encodes or decodes record `i` of a few; NaN where it was not read as it was written. */
  readonly work: Part;
  readonly beside: string;
  readonly bytes: number;
}

function createWorks(): Readonly<Record<string, Work>> {
  const { type, shape, json } = parseSchema(
    readFileSync(join(import.meta.dirname, '../scenarios/schemas/reading.avsc'), 'utf8'),
  );
  // Sixteen in turn: the same one over and over is a lesson to the processor.
  const plain = Array.from({ length: 16 }, (_, i) => recordOf(i));
  const wrapped = plain.map((record) => ({ ...record, note: { string: record.note } }));
  const encoded = wrapped.map((record) => type.toBuffer(record));
  const texts = plain.map((record) => Buffer.from(JSON.stringify(record)));
  const target = Buffer.alloc(1024);
  const check = compileStructureCheck(shape);
  const spec = { framing: 'bare', readerSchema: json, writers: [{ id: null, schema: json }] } as const;
  const [read, readPlain] = [compileReader(spec, false), compileReader(spec, true)];
  const [avroBytes, jsonBytes] = [encoded[0]!.length, texts[0]!.length];
  const encode = 'JSON.stringify and UTF-8';
  const decode = 'UTF-8 and JSON.parse';
  return {
    [encode]: { work: (i) => target.write(JSON.stringify(plain[i & 15])), beside: encode, bytes: jsonBytes },
    'avsc encode': { work: (i) => type.encode(wrapped[i & 15], target, 0), beside: encode, bytes: avroBytes },
    [decode]: {
      work: (i) => (JSON.parse(texts[i & 15]!.toString()) as { number: number }).number,
      beside: decode,
      bytes: jsonBytes,
    },
    'avsc decode': {
      work: (i) => (type.fromBuffer(encoded[i & 15]!) as { number: number }).number,
      beside: decode,
      bytes: avroBytes,
    },
    'bytes against the schema': {
      work: (i) => (check(encoded[i & 15]!, 0) === null ? 1 : NaN),
      beside: decode,
      bytes: avroBytes,
    },
    'validate.avro': {
      work: (i) => ('value' in read(encoded[i & 15]!, 0) ? 1 : NaN),
      beside: decode,
      bytes: avroBytes,
    },
    'validate.avro for validate.json': {
      work: (i) => ('value' in readPlain(encoded[i & 15]!, 0) ? 1 : NaN),
      beside: decode,
      bytes: avroBytes,
    },
  };
}

function recordOf(i: number) {
  return {
    id: `9f1c2b3a-4d5e-4f60-8a7b-0c1d2e3f4a${(i + 16).toString(16)}`,
    number: i * 1_000_003,
    at: 1_767_323_045_678 + i,
    celsius: i + 0.5,
    state: 'OK',
    note: `reading ${i} of sensor`,
    labels: { site: `hall ${i}` },
  };
}
