import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { monotonic } from '../src/base/clock.ts';
import { freePorts } from '../src/cluster/local/ports.ts';
import type { ProxyFault } from '../src/cluster/cluster.ts';
import { ProxyProcess } from '../src/cluster/proxy/proxy-control.ts';
import { interleave, median, spread } from './rounds.ts';
import type { Context, Section } from './section.ts';

const host = '127.0.0.1';

/** Added delays, µs; null is the way past the proxy. */
const delays = [null, 0, 1_000, 10_000, 50_000] as const;

interface Sample {
  /** µs; of bulk, bytes in a µs. */
  readonly p50: number;
  readonly p99: number;
  /** Share of delayed pieces that the proxy handed on within 0.2 ms of their time, by its own clock. */
  readonly inTime: number;
  /** Of the proxy's process, per second. */
  readonly cores: number;
}

/** How exactly the proxy delays, in a process of its own before an echo, and how much goes through it. */
export async function proxying(context: Context): Promise<Section> {
  const server = await echoServer();
  const to = (server.address() as AddressInfo).port;
  const [port] = await freePorts(1, new Set());
  const routes = [{ broker: 'kafka1', listen: { host, port: port! }, forward: { host, port: to } }];
  const proxy = await ProxyProcess.start({ routes, tls: false });
  const scene: Scene = { proxy, proxied: port!, direct: to, seconds: context.seconds };
  try {
    const waits = await interleave(
      delays.flatMap((delay) => [
        { name: `one at a time ${String(delay)}`, measure: () => pingPong(scene, delay) },
        { name: `1000/s ${String(delay)}`, measure: () => paced(scene, delay) },
      ]),
      context,
    );
    const bulk = await interleave(
      ([null, 0] as const).map((delay) => ({
        name: `bulk ${String(delay)}`,
        measure: () => sendBulk(scene, delay),
      })),
      context,
    );
    return section(waits, bulk);
  } finally {
    await proxy.close();
    server.close();
  }
}

interface Scene {
  readonly proxy: ProxyProcess;
  readonly proxied: number;
  readonly direct: number;
  readonly seconds: number;
}

function echoServer(): Promise<Server> {
  const server = createServer({ noDelay: true, highWaterMark: 2 ** 20 }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (first: Buffer) => {
      // The first byte of the fifth of a frame says what becomes of the rest: echoed, or counted.
      if (first[4] === 0xff) socket.resume();
      else {
        socket.write(first);
        socket.pipe(socket);
      }
    });
  });
  return new Promise((resolve) => server.listen(0, host, () => resolve(server)));
}

/** A frame of Kafka's protocol, 64 bytes, numbered. */
function frame(number: number): Buffer {
  const bytes = Buffer.alloc(64);
  bytes.writeInt32BE(60, 0);
  bytes.writeUInt32BE(number, 8);
  return bytes;
}

async function opened(scene: Scene, delay: number | null): Promise<Socket> {
  await scene.proxy.clear('kafka1');
  const fault: ProxyFault = { kind: 'degrade', direction: 'in', latency: delay ?? 0 };
  if (delay !== null && delay > 0) await scene.proxy.set('kafka1', fault);
  const socket = connect({ host, port: delay === null ? scene.direct : scene.proxied, noDelay: true });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return socket;
}

/** Round trips one after another: the proxy sleeps before each. */
async function pingPong(scene: Scene, delay: number | null): Promise<Sample> {
  const socket = await opened(scene, delay);
  const taken: number[] = [];
  const cpu = cpuSeconds(scene.proxy.pid);
  const from = monotonic.now();
  await new Promise<void>((resolve) => {
    let sent = monotonic.now();
    socket.on('data', () => {
      const now = monotonic.now();
      taken.push(now - sent);
      if (now - from > scene.seconds * 1e6) resolve();
      else {
        sent = monotonic.now();
        socket.write(frame(0));
      }
    });
    socket.write(frame(0));
  });
  socket.destroy();
  return summary(taken, cpu, from, scene);
}

/** A frame each millisecond, whether or not the one before is back. */
async function paced(scene: Scene, delay: number | null): Promise<Sample> {
  const socket = await opened(scene, delay);
  const sent: number[] = [];
  const taken: number[] = [];
  const cpu = cpuSeconds(scene.proxy.pid);
  const from = monotonic.now();
  const all = Math.round(scene.seconds * 1000);
  await new Promise<void>((resolve) => {
    let rest = Buffer.alloc(0);
    socket.on('data', (data: Buffer) => {
      const now = monotonic.now();
      rest = Buffer.concat([rest, data]);
      for (; rest.length >= 64; rest = rest.subarray(64)) taken.push(now - sent[rest.readUInt32BE(8)]!);
      if (taken.length === all) resolve();
    });
    const timer = setInterval(() => {
      sent.push(monotonic.now());
      socket.write(frame(sent.length - 1));
      if (sent.length === all) clearInterval(timer);
    }, 1);
  });
  socket.destroy();
  return summary(taken, cpu, from, scene);
}

/** As much as goes, in frames of 1 MiB, one way. */
async function sendBulk(scene: Scene, delay: number | null): Promise<Sample> {
  const socket = await opened(scene, delay);
  const batch = Buffer.alloc(2 ** 20, 0xff);
  batch.writeInt32BE(batch.length - 4, 0);
  const cpu = cpuSeconds(scene.proxy.pid);
  const from = monotonic.now();
  const before = socket.bytesWritten;
  while (monotonic.now() - from < scene.seconds * 1e6) {
    await new Promise((resolve) => socket.write(batch, resolve));
  }
  const micros = monotonic.now() - from;
  const { cores } = await summary([0], cpu, from, scene);
  const rate = (socket.bytesWritten - before) / micros;
  socket.destroy();
  return { p50: rate, p99: rate, inTime: NaN, cores };
}

async function summary(taken: number[], cpu: number, from: number, { proxy }: Scene): Promise<Sample> {
  const sorted = taken.sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  const seconds = (monotonic.now() - from) / 1e6;
  const cores = (cpuSeconds(proxy.pid) - cpu) / seconds;
  const { pieces, inTime } = (await proxy.stats())[0]!.in.delayed;
  const before = counted;
  counted = { pieces, inTime };
  return {
    p50: at(0.5),
    p99: at(0.99),
    inTime: (inTime - before.inTime) / (pieces - before.pieces),
    cores,
  };
}

/** The proxy counts from its start. */
let counted = { pieces: 0, inTime: 0 };

/** Of a process so far, from Linux's /proc in steps of 10 ms; NaN elsewhere. */
function cpuSeconds(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return NaN;
  }
}

type Samples = ReadonlyMap<string, readonly Sample[]>;

function section(waits: Samples, bulk: Samples): Section {
  const whole = (micros: number): string => Math.round(micros).toString();
  const percent = (cores: number): string => `${(cores * 100).toFixed(0)} %`;
  const rows = ['one at a time', '1000/s'].flatMap((way) => {
    const through = waits.get(`${way} 0`)!;
    return delays.map((delay) => {
      const samples = waits.get(`${way} ${String(delay)}`)!;
      const shifts = samples.map(({ p50 }, round) => p50 - through[round]!.p50);
      const tails = samples.map(({ p99 }, round) => p99 - through[round]!.p99);
      const added = delay !== null && delay > 0;
      return [
        delay === null ? 'past the proxy' : added ? `${delay / 1000} ms added` : 'nothing added',
        way,
        whole(median(samples.map(({ p50 }) => p50))),
        whole(median(samples.map(({ p99 }) => p99))),
        added
          ? spread(
              shifts.map((shift) => shift - delay),
              whole,
            )
          : '',
        added
          ? spread(
              tails.map((shift) => shift - delay),
              whole,
            )
          : '',
        added ? percent(median(samples.map(({ inTime }) => inTime))) : '',
        percent(median(samples.map(({ cores }) => cores))),
      ];
    });
  });
  const rate = (delay: 0 | null): string =>
    spread(
      bulk.get(`bulk ${String(delay)}`)!.map(({ p50 }) => p50),
      whole,
    );
  const cores = percent(median(bulk.get('bulk 0')!.map((sample) => sample.cores)));
  return {
    title:
      'The proxy: round trips of 64 B through it, µs; too long: beyond those with nothing added and the delay',
    alignments: ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'right'],
    rows: [['way', 'sent', 'p50', 'p99', 'p50 too long', 'p99', 'in time', 'proxy'], ...rows],
    notes: [
      `frames of 1 MiB one way: ${rate(0)} MB/s through the proxy (${cores} of a core), ${rate(null)} MB/s past it`,
      'in time: pieces that the proxy handed on within 200 µs of their time, by its own clock; proxy: its CPU',
      'asked for: p50 too long by at most 200 µs (idle machine)',
    ],
    samples: { waits: Object.fromEntries(waits), bulk: Object.fromEntries(bulk) },
  };
}
