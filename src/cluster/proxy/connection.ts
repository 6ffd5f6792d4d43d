import type { Socket } from 'node:net';
import { DropFilter } from './drop-filter.ts';
import type { DropRule } from './drop-filter.ts';
import type { Direction } from './fault.ts';
import type { Lane } from './lane.ts';
import { Pipe } from './pipe.ts';
import type { Scheduler } from './scheduler.ts';

export interface ConnectionOptions {
  readonly client: Socket;
  readonly broker: Socket;
  readonly lanes: Readonly<Record<Direction, Lane>>;
  readonly scheduler: Scheduler;
  /** Whether what flows is Kafka's protocol in the clear. */
  readonly readable: boolean;
  readonly rule: () => DropRule | undefined;
  readonly dropped: (what: 'requests' | 'responses') => void;
  /** Both sockets are gone. */
  readonly closed: (wasReset: boolean) => void;
}

/** A client's connection and ours to the broker behind it. */
export class Connection {
  readonly pipes: Readonly<Record<Direction, Pipe>>;
  readonly #client: Socket;
  readonly #broker: Socket;
  readonly #filter: DropFilter | undefined;
  #wasReset = false;

  constructor(options: ConnectionOptions) {
    const { client, broker, lanes, scheduler, readable, rule, dropped, closed } = options;
    this.#client = client;
    this.#broker = broker;
    const pass = (chunk: Buffer): Buffer[] => [chunk];
    const reset = (): void => this.reset();
    this.#filter = readable
      ? new DropFilter({
          rule,
          dropped: (what, resets) => {
            dropped(what);
            if (resets) this.pipes[what === 'requests' ? 'in' : 'out'].resetAfterThis();
          },
        })
      : undefined;
    const { requests, responses } = this.#filter ?? {};
    const pipe = (direction: Direction, from: Socket, to: Socket, frames: typeof requests): Pipe =>
      new Pipe({
        ...{ from, to, scheduler, reset, lane: lanes[direction] },
        filter: frames ? (chunk) => this.#swallowing(lanes[direction], frames, chunk) : pass,
        rest: () => frames?.rest() ?? nothing,
      });
    this.pipes = {
      in: pipe('in', client, broker, requests),
      out: pipe('out', broker, client, responses),
    };
    let open = 2;
    for (const socket of [client, broker]) {
      socket.setNoDelay(true);
      socket.once('close', () => {
        if (--open === 0) closed(this.#wasReset);
      });
    }
  }

  /** Whether requests cannot be told apart here: TLS, or not Kafka at all. */
  get opaque(): boolean {
    return !this.#filter || this.#filter.requests.opaque || this.#filter.responses.opaque;
  }

  /** Ends both sides with a TCP reset. */
  reset(): void {
    this.#wasReset = true;
    for (const socket of [this.#client, this.#broker]) {
      if (socket.connecting) socket.destroy();
      else if (!socket.destroyed) socket.resetAndDestroy();
    }
  }

  #swallowing(lane: Lane, frames: NonNullable<DropFilter['requests']>, chunk: Buffer): Buffer[] {
    const before = frames.swallowedBytes;
    const kept = frames.take(chunk);
    lane.traffic.swallowed += frames.swallowedBytes - before;
    return kept;
  }
}

const nothing = Buffer.alloc(0);
