import { frameBytes } from '../workload/avro/framing.ts';
import { compileRecord } from '../workload/avro/record-template.ts';
import type { AvroSchema } from '../workload/avro/schema.ts';
import { sampleValues } from './sample-values.ts';
import type { ProducerSpec } from './schema.ts';

/**
 * A first, a middle and a last value of a producer, as they would be sent, the frame left empty.
 * @throws RecordMismatch where the record does not fit its schema
 */
export function avroSamples(
  { shape, type }: AvroSchema,
  { framing, record }: Extract<ProducerSpec['value'], { kind: 'avro' }>,
  { name, messages }: Pick<ProducerSpec, 'name' | 'messages'>,
): Buffer[] {
  const template = compileRecord(shape, record, (text) => {
    const samples = sampleValues(text, name, messages);
    return (index) => samples[index]!;
  });
  const frame = Buffer.alloc(framing === 'bare' ? 0 : frameBytes);
  return [0, 1, 2].map((sample) => Buffer.concat([frame, type.toBuffer(template.at(sample))]));
}
