import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { monotonic } from '../../base/clock.ts';
import { freePorts } from '../local/ports.ts';
import { TcpProxy } from './proxy.ts';
import type { Route } from './traffic.ts';

interface TestServer {
  readonly port: number;
  readonly stop: () => void;
}

/** A server that lives as long as the test, on a port of the system's choice unless it is given. */
export async function serve(accept: (socket: Socket) => void, port = 0): Promise<TestServer> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    accept(socket);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const stop = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(stop);
  return { port: (server.address() as AddressInfo).port, stop };
}

export const echo = (socket: Socket): void => {
  socket.setNoDelay(true).pipe(socket);
};

/** A proxy named kafka1 before a server that does `accept`; as TLS, unless the test sends whole Kafka frames. */
export async function proxied(
  accept: (socket: Socket) => void,
  { tls = true } = {},
): Promise<{ proxy: TcpProxy; port: number; server: TestServer }> {
  const server = await serve(accept);
  const [port] = await freePorts(1, new Set());
  const route: Route = {
    broker: 'kafka1',
    listen: { host: '127.0.0.1', port: port! },
    forward: { host: '127.0.0.1', port: server.port },
  };
  const proxy = await TcpProxy.listen({ routes: [route], tls });
  onTestFinished(() => proxy.close());
  return { proxy, port: port!, server };
}

/** A client that keeps what it received, with the time of each chunk (µs). */
export class Client {
  readonly socket: Socket;
  readonly chunks: { at: number; data: Buffer }[] = [];
  bytes = 0;
  error: NodeJS.ErrnoException | undefined;
  closed = false;
  ended = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (data) => {
      this.chunks.push({ at: monotonic.now(), data });
      this.bytes += data.length;
    });
    socket.on('end', () => (this.ended = true));
    socket.on('error', (error) => (this.error = error));
    socket.on('close', () => (this.closed = true));
    onTestFinished(() => {
      socket.destroy();
    });
  }

  /** Rejects with the system's error when it cannot. */
  static open(port: number): Promise<Client> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
      socket.once('error', reject);
      socket.once('connect', () => resolve(new Client(socket)));
    });
  }

  /** Ended or reset; libuv tells a reset that comes together with the last bytes as the end. */
  get over(): boolean {
    return this.ended || this.closed;
  }

  get received(): Buffer {
    return Buffer.concat(this.chunks.map(({ data }) => data));
  }

  /** Resolves when this many bytes have come; fails when the connection ends or 10 s pass before. */
  async has(bytes: number): Promise<Buffer> {
    await waitFor(() => this.closed || this.bytes >= bytes);
    if (this.bytes < bytes)
      throw new Error(`connection ended after ${this.bytes} bytes`, { cause: this.error });
    return this.received;
  }

  /** Microseconds from writing to the echo's last byte. */
  async roundTrip(data: Buffer): Promise<number> {
    const before = this.bytes;
    const at = monotonic.now();
    this.socket.write(data);
    await this.has(before + data.length);
    return this.chunks.at(-1)!.at - at;
  }
}

export async function waitFor(condition: () => boolean, millis = 10_000): Promise<void> {
  const deadline = performance.now() + millis;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within ${millis} ms`);
    await new Promise((turn) => setTimeout(turn, 1));
  }
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
