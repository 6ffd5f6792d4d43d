import { createServer, connect, type Server, type Socket } from 'node:net';
import type { NodeState } from '../../src/cluster/local/state.ts';

const produceKey = 0;

/**
 * Stands where clients behind a proxy are told that the brokers of a local cluster are. It passes everything on, and
 * changes one thing: brokers store what is produced, and clients are told the error `code`.
 */
export class LyingProxy {
  readonly #servers: readonly Server[];
  readonly #sockets = new Set<Socket>();
  readonly bootstrap: string;
  /** Answers that were changed. */
  lies = 0;

  private constructor(nodes: readonly NodeState[], code: number) {
    this.bootstrap = nodes.map(({ ports }) => `127.0.0.1:${String(ports.advertised)}`).join(',');
    this.#servers = nodes.map(({ ports }) =>
      createServer((client) => this.#between(client, ports.proxied, code)).listen(
        ports.advertised,
        '127.0.0.1',
      ),
    );
  }

  static async start(nodes: readonly NodeState[], code: number): Promise<LyingProxy> {
    const proxy = new LyingProxy(nodes, code);
    await Promise.all(
      proxy.#servers.map((server) => new Promise<void>((resolve) => server.once('listening', resolve))),
    );
    return proxy;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(
      this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
    );
  }

  #between(client: Socket, port: number, code: number): void {
    const broker = connect(port, '127.0.0.1');
    /** Versions of Produce requests under way, by correlation id. */
    const produced = new Map<number, number>();
    const requests = frames((frame) => {
      if (frame.readInt16BE(4) === produceKey) produced.set(frame.readInt32BE(8), frame.readInt16BE(6));
      broker.write(frame);
    });
    const responses = frames((frame) => {
      const id = frame.readInt32BE(4);
      const version = produced.get(id);
      if (version !== undefined) {
        produced.delete(id);
        frame.writeInt16BE(code, errorCodeAt(frame, version));
        this.lies++;
      }
      client.write(frame);
    });
    client.on('data', requests);
    broker.on('data', responses);
    for (const [socket, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
  }
}

/** Whole frames, sizes included, of a stream that comes in parts. */
function frames(take: (frame: Buffer) => void): (chunk: Buffer) => void {
  let held = Buffer.alloc(0);
  return (chunk) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 4 && held.length >= 4 + held.readInt32BE(0)) {
      const end = 4 + held.readInt32BE(0);
      take(Buffer.from(held.subarray(0, end)));
      held = held.subarray(end);
    }
  };
}

/** Of the first partition of the first topic. From version 9 on lengths are varints, here of one byte. */
function errorCodeAt(response: Buffer, version: number): number {
  const index = 4;
  if (version < 9) {
    const name = 4 + 4 + 4;
    return name + 2 + response.readInt16BE(name) + 4 + index;
  }
  // Size, correlation id, no tagged fields, number of topics plus one, length of the name plus one.
  const name = 4 + 4 + 1 + 1;
  return name + response.readUInt8(name) + 1 + index;
}
