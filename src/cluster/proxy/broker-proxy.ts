import { Socket, createServer } from 'node:net';
import type { Server, SocketConstructorOpts } from 'node:net';
import { monotonic } from '../../base/clock.ts';
import { BenchError } from '../../base/errors.ts';
import { seededRandom } from '../../base/random.ts';
import { Connection } from './connection.ts';
import type { DropRule } from './drop-filter.ts';
import { checkFault, directionsOf } from './fault.ts';
import type { Degrade, Direction, ProxyFault, ProxyFaultKind } from './fault.ts';
import { Lane } from './lane.ts';
import type { Scheduler } from './scheduler.ts';
import { Sentinel } from './sentinel.ts';
import type { BrokerTraffic, Route } from './traffic.ts';

/** Sockets take this much before they ask to wait; Node's 16 KiB would stop and start reading with each chunk. */
const socketBuffer = 2 ** 20;
const toBroker: SocketConstructorOpts & { writableHighWaterMark: number } = {
  allowHalfOpen: true,
  writableHighWaterMark: socketBuffer,
};

/** One port and the broker behind it. While there is no broker the port is closed too: clients see it as it is. */
export class BrokerProxy {
  readonly #route: Route;
  readonly #scheduler: Scheduler;
  readonly #tls: boolean;
  readonly #connections = new Set<Connection>();
  readonly #lanes: Readonly<Record<Direction, Lane>> = { in: new Lane(), out: new Lane() };
  readonly #faults = new Map<string, ProxyFault>();
  #rule: DropRule | undefined;
  #server: Server | undefined;
  #sentinel: Sentinel | undefined;
  #brokerUp = true;
  #closed = false;
  /** Opens and closes of the port, one after another. */
  #switching: Promise<void> = Promise.resolve();
  #accepted = 0;
  #reset = 0;
  readonly #dropped = { requests: 0, responses: 0 };

  constructor(route: Route, scheduler: Scheduler, tls: boolean) {
    this.#route = route;
    this.#scheduler = scheduler;
    this.#tls = tls;
  }

  /** Takes connections. Throws BenchError when the port is taken. */
  async open(): Promise<void> {
    await this.#listen();
    this.#sentinel = new Sentinel(this.#route.forward, (up) => {
      this.#brokerUp = up;
      // A port that another process took meanwhile is tried again with the sentinel's next connection.
      this.#switchPort().catch(() => undefined);
    });
  }

  async set(fault: ProxyFault): Promise<void> {
    checkFault(fault, { tls: this.#tls });
    if (fault.kind === 'drop') this.#refuseUnreadable();
    const { broker } = this.#route;
    const random = seededRandom(fault.seed ?? 0, `proxy/${broker}/${fault.kind}`);
    switch (fault.kind) {
      case 'degrade':
        for (const direction of directionsOf(fault)) {
          this.#degrade(direction, fault, seededRandom(random.uint32(), direction));
          this.#faults.set(`degrade ${direction}`, { ...fault, direction });
        }
        return;
      case 'blackhole':
        for (const direction of directionsOf(fault)) {
          this.#lanes[direction].blackhole = true;
          this.#faults.set(`blackhole ${direction}`, { ...fault, direction });
        }
        return;
      case 'drop':
        this.#rule = { drop: fault, random };
        break;
      case 'cut':
        this.#faults.set('cut', fault);
        await this.#switchPort();
        this.#resetAll(() => true);
        return;
    }
    this.#faults.set(fault.kind, fault);
  }

  /** Ends what was set, all of it or one kind; what is not set is left as it is. */
  async clear(kind?: ProxyFaultKind): Promise<void> {
    const kinds = new Set([...this.#faults.values()].map((fault) => fault.kind));
    for (const key of this.#faults.keys()) {
      if (kind === undefined || key.split(' ')[0] === kind) this.#faults.delete(key);
    }
    const ends = (candidate: ProxyFaultKind): boolean =>
      kinds.has(candidate) && (kind === undefined || kind === candidate);
    if (ends('drop')) this.#rule = undefined;
    if (ends('degrade')) for (const direction of ['in', 'out'] as const) this.#degrade(direction, undefined);
    if (ends('blackhole')) {
      for (const lane of Object.values(this.#lanes)) lane.blackhole = false;
      this.#resetAll(({ pipes }) => pipes.in.lossy || pipes.out.lossy);
    }
    if (ends('cut')) await this.#switchPort();
  }

  traffic(): BrokerTraffic {
    return {
      broker: this.#route.broker,
      listening: this.#server !== undefined,
      connections: { open: this.#connections.size, accepted: this.#accepted, reset: this.#reset },
      in: structuredClone(this.#lanes.in.traffic),
      out: structuredClone(this.#lanes.out.traffic),
      dropped: { ...this.#dropped },
      faults: [...this.#faults.values()],
    };
  }

  close(): void {
    this.#closed = true;
    this.#sentinel?.stop();
    this.#server?.close();
    this.#resetAll(() => true);
  }

  #accept(client: Socket): void {
    this.#accepted++;
    const broker = new Socket(toBroker);
    const connection = new Connection({
      ...{ client, broker, lanes: this.#lanes, scheduler: this.#scheduler },
      readable: !this.#tls,
      rule: () => this.#rule,
      dropped: (what) => this.#dropped[what]++,
      closed: (wasReset) => {
        this.#connections.delete(connection);
        if (wasReset) this.#reset++;
      },
    });
    this.#connections.add(connection);
    broker.connect(this.#route.forward);
  }

  /** What waits is planned anew, as if it had arrived under the new fault: a healed link does not stay slow. */
  #degrade(
    direction: Direction,
    degrade: Degrade | undefined,
    random?: ReturnType<typeof seededRandom>,
  ): void {
    this.#lanes[direction].setDegrade(degrade, random);
    const pipes = [...this.#connections].map((connection) => connection.pipes[direction]);
    const waiting = pipes.flatMap((pipe) => pipe.beginReplan().map((item) => ({ pipe, item })));
    waiting.sort((a, b) => a.item.arrived - b.item.arrived);
    const now = monotonic.now();
    for (const { pipe, item } of waiting) pipe.replan(item, now);
    for (const pipe of pipes) pipe.run();
  }

  #refuseUnreadable(): void {
    const opaque = [...this.#connections].filter((connection) => connection.opaque).length;
    if (opaque === 0) return;
    throw new BenchError(
      'cluster',
      `drop is not possible: ${opaque} connection(s) of ${this.#route.broker} do not speak Kafka's protocol in the clear`,
      { hint: 'drop needs plaintext or sasl_plaintext; degrade, cut and blackhole work with TLS too' },
    );
  }

  /** Opens or closes the port, as broker and faults have it now. */
  #switchPort(): Promise<void> {
    const next = this.#switching.then(async () => {
      const open = this.#brokerUp && !this.#closed && !this.#faults.has('cut');
      if (open && !this.#server) await this.#listen();
      if (open || !this.#server) return;
      this.#server.close();
      this.#server = undefined;
    });
    this.#switching = next.catch(() => undefined);
    return next;
  }

  async #listen(): Promise<void> {
    const { broker, listen } = this.#route;
    const options = { allowHalfOpen: true, highWaterMark: socketBuffer, noDelay: true };
    const server = createServer(options, (client) => this.#accept(client));
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        const why = error.code === 'EADDRINUSE' ? 'another process listens there' : error.message;
        const text = `the proxy of ${broker} cannot listen on ${listen.host}:${listen.port}: ${why}`;
        reject(
          new BenchError('cluster', text, {
            hint: 'another run may use this cluster through its proxy: wait for it, or start another cluster',
          }),
        );
      });
      server.listen({ ...listen, exclusive: true }, resolve);
    });
    this.#server = server;
  }

  #resetAll(which: (connection: Connection) => boolean): void {
    for (const connection of this.#connections) if (which(connection)) connection.reset();
  }
}
