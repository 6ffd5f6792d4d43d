import { monotonic } from '../src/base/clock.ts';
import { Recorder } from '../src/measure/recorder.ts';
import { checkEnvelope, ENVELOPE_BYTES, EnvelopeWriter } from '../src/protocol/envelope.ts';
import { MessageSource, type MessageSpec } from '../src/workload/message-source.ts';
import { Meter } from '../src/client/worker/meter.ts';
import { nanosPerCall, type Part } from './per-call.ts';
import { interleave, spread } from './rounds.ts';
import type { Context, Section } from './section.ts';

/** What each thing costs that a worker does for every message, alone and in a small loop. */
export async function parts(context: Context): Promise<Section> {
  const millis = context.quick ? 30 : 300;
  const alternatives = Object.entries(createParts()).map(([name, part]) => ({
    name,
    measure: () => Promise.resolve(nanosPerCall(part, millis)),
  }));
  const samples = await interleave(alternatives, context);
  return {
    title: 'Parts, each alone in a loop',
    alignments: ['left', 'right'],
    rows: [
      ['', 'ns'],
      ...[...samples].map(([name, nanos]) => [name, spread(nanos, (value) => value.toFixed(0))]),
    ],
    notes: [],
    samples: Object.fromEntries(samples),
  };
}

function createParts(): Readonly<Record<string, Part>> {
  const recorder = new Recorder();
  const meter = new Meter('producer', 'bench', () => undefined);
  meter.begin(0, 0);
  const writer = new EnvelopeWriter({ run: 1, producer: 0, incarnation: 0 });
  const value = Buffer.alloc(100, 97);
  const stamped = Buffer.alloc(100, 97);
  writer.stamp(stamped, 0, 1, 1, null, stamped, ENVELOPE_BYTES);
  const bytes = source({ kind: 'bytes', sizes: [{ size: 100, weight: 1 }], compressibility: 0 }, 'prefix');
  const kibibyte = source(
    { kind: 'bytes', sizes: [{ size: 1024, weight: 1 }], compressibility: 0 },
    'prefix',
  );
  const json = source(
    { kind: 'json', template: '{"id":"${uuid}","content":"message ${seq}","timestamp":"${now}"}' },
    'header',
  );
  return {
    'clock.now': () => monotonic.now(),
    // Latencies of 0.1 to 6.6 ms in an order that no branch predictor learns.
    'Recorder.record': (i) => {
      recorder.record(100 + ((i * 40_503) & 65_535) / 10);
      return recorder.count;
    },
    'Meter.latency (phase and second)': (i) => {
      meter.latency('serviceAck', 1, 1, 100 + ((i * 40_503) & 65_535) / 10);
      return i;
    },
    'EnvelopeWriter.stamp, 100 B': (i) => {
      writer.stamp(value, 0, i, i, null, value, ENVELOPE_BYTES);
      return value[28]!;
    },
    'checkEnvelope, 100 B': () => (checkEnvelope(stamped, 0, null, stamped, ENVELOPE_BYTES) === 'ok' ? 1 : 0),
    'MessageSource.next, 100 B': (i) => nextOf(bytes, i),
    'MessageSource.next, 1 KiB': (i) => nextOf(kibibyte, i),
    'MessageSource.next, JSON of uuid, seq and now': (i) => nextOf(json, i),
  };
}

function source(value: MessageSpec['value'], envelope: MessageSpec['envelope']): MessageSource {
  return new MessageSource(
    { producerName: 'bench', key: { kind: 'none' }, value, envelope },
    { seed: 1, client: 0, run: 1, producerId: 0, incarnation: 0, wallClock: Date.now },
  );
}

function nextOf(messages: MessageSource, i: number): number {
  messages.next(i, i, i);
  return messages.value!.length;
}
