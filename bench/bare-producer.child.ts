import { bare } from './bare.ts';
import { answer } from './child.ts';
import { Histogram } from '../src/measure/histogram.ts';
import { Recorder } from '../src/measure/recorder.ts';
import type { RawProducer } from '../src/client/kafka/binding.ts';
import { EnvelopeWriter } from '../src/protocol/envelope.ts';

export interface BareProducer {
  readonly plan: {
    readonly bootstrap: string;
    readonly topic: string;
    readonly bytes: number;
    /** With delivery reports, each one's latency taken; without, messages are handed over and flushed. */
    readonly reports: boolean;
    /** Values begin with an envelope, as ours do. */
    readonly envelope?: boolean;
    /** Messages handed over in a turn of the event loop. */
    readonly chunk: number;
    readonly warmupSeconds: number;
    readonly seconds: number;
  };
  readonly result: {
    readonly messages: number;
    readonly perSecond: number;
    readonly cpuPerMessage: number;
    /** From produce() to the report, µs; null without reports. */
    readonly p50: number | null;
    readonly p99: number | null;
  };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

answer<BareProducer>(async (plan) => {
  const client = new bare.Producer({
    'bootstrap.servers': plan.bootstrap,
    acks: 1,
    ...(plan.reports ? { dr_cb: true } : {}),
  });
  let settled = 0;
  let latency = new Recorder();
  client.on('delivery-report', (error: Error | null, report: { opaque: number }) => {
    if (error) throw error;
    settled++;
    latency.record((performance.now() - report.opaque) * 1000);
  });
  await new Promise<void>((resolve, reject) => {
    client.connect({ topic: plan.topic, timeout: 10_000 }, (error) => (error ? reject(error) : resolve()));
  });

  /** Sends for so long and returns when everything has been reported, or at least has left. */
  async function send(seconds: number): Promise<number> {
    const value = Buffer.alloc(plan.bytes, 97);
    const end = performance.now() + seconds * 1000;
    let sent = 0;
    settled = 0;
    latency = new Recorder();
    while (performance.now() < end) {
      sent += handOver(client, plan, value, sent);
      client.poll();
      await turn();
    }
    while (plan.reports && settled < sent) {
      client.poll();
      await turn();
    }
    await new Promise<void>((resolve) => client.flush(60_000, () => resolve()));
    return sent;
  }

  await send(plan.warmupSeconds);
  const cpu = process.cpuUsage();
  const start = performance.now();
  const messages = await send(plan.seconds);
  const micros = (performance.now() - start) * 1000;
  const { user, system } = process.cpuUsage(cpu);
  const histogram = Histogram.of(latency.toSparse());
  return {
    messages,
    perSecond: (messages / micros) * 1e6,
    cpuPerMessage: (user + system) / messages,
    p50: histogram.rawPercentile(0.5),
    p99: histogram.rawPercentile(0.99),
  };
});

const writer = new EnvelopeWriter({ run: 1, producer: 0, incarnation: 0 });

/** A turn's worth, less where librdkafka's queue is full. */
function handOver(client: RawProducer, plan: BareProducer['plan'], value: Buffer, sequence: number): number {
  for (let i = 0; i < plan.chunk; i++) {
    if (plan.envelope) writer.stamp(value, 0, sequence + i, performance.now() * 1000, null, value, 32);
    else value.writeUInt32LE((sequence + i) >>> 0, 0);
    try {
      client.produce(
        plan.topic,
        -1,
        value,
        null,
        undefined,
        plan.reports ? performance.now() : undefined,
        undefined,
      );
    } catch (error) {
      if ((error as { code?: number }).code === -184) return i;
      throw error;
    }
  }
  return plan.chunk;
}
