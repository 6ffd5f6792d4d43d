import type { Socket } from 'node:net';
import { monotonic } from '../../base/clock.ts';
import type { Micros } from '../../base/clock.ts';
import type { Lane } from './lane.ts';
import type { Scheduler } from './scheduler.ts';

/** What may have to wait: bytes, or what ends the stream. */
type Item = Buffer | 'end' | 'reset';

export interface Waiting {
  readonly item: Item;
  readonly arrived: Micros;
  due: Micros;
}

export interface PipeOptions {
  readonly from: Socket;
  readonly to: Socket;
  readonly lane: Lane;
  readonly scheduler: Scheduler;
  /** Takes out what is to be swallowed. */
  readonly filter: (chunk: Buffer) => Buffer[];
  /** What the filter holds back, when the stream ends. */
  readonly rest: () => Buffer;
  /** Resets both ends of the connection. */
  readonly reset: () => void;
}

/** One direction of one connection: each item is handed on when it is due, in order. */
export class Pipe {
  readonly #options: PipeOptions;
  readonly #waiting: Waiting[] = [];
  /** Index of the first that has not been handed on. */
  #next = 0;
  #waitingBytes = 0;
  #wakeAt: Micros = Infinity;
  /** Of what was taken last: shorter delays, by jitter or by a new fault, do not let an item overtake another. */
  #lastDue: Micros = 0;
  #ended = false;
  #blocked = false;
  #lossy = false;
  #resetting = false;

  constructor(options: PipeOptions) {
    this.#options = options;
    const { from, to } = options;
    from.on('data', (chunk: Buffer) => this.#receive(chunk));
    from.on('end', () => this.#end('end'));
    // An error comes first where there is one; without a listener it would end the process.
    from.on('error', () => undefined);
    from.on('close', (failed) => {
      if (failed && this.#ended) this.#take('reset');
      else this.#end('reset');
    });
    to.on('drain', () => {
      this.#blocked = false;
      this.#flow();
    });
  }

  /** Whether bytes of the stream were swallowed by a blackhole: the rest of it makes no sense. */
  get lossy(): boolean {
    return this.#lossy;
  }

  /** For the filter, while it takes a chunk: resets the connection after what is left of that chunk. */
  resetAfterThis(): void {
    this.#resetting = true;
  }

  /** What waits, to be given a new due time each with `replan`, in the order of arrival over all pipes of the lane. */
  beginReplan(): readonly Waiting[] {
    this.#lastDue = 0;
    return this.#waiting.slice(this.#next);
  }

  replan(waiting: Waiting, now: Micros): void {
    const due = this.#options.lane.due(waiting.arrived, sizeOf(waiting.item));
    waiting.due = this.#lastDue = Math.max(this.#lastDue, due, now);
  }

  readonly run = (): void => {
    this.#wakeAt = Infinity;
    const now = monotonic.now();
    while (this.#next < this.#waiting.length) {
      const { item, due } = this.#waiting[this.#next]!;
      if (due > now) {
        this.#wake(due);
        break;
      }
      this.#next++;
      this.#waitingBytes -= sizeOf(item);
      this.#handOn(item);
      this.#options.lane.delivered(monotonic.now() - due);
    }
    if (this.#next === this.#waiting.length) {
      this.#waiting.length = 0;
      this.#next = 0;
    } else if (this.#next >= 1024) {
      this.#waiting.splice(0, this.#next);
      this.#next = 0;
    }
    this.#flow();
  };

  #receive(chunk: Buffer): void {
    const { lane, filter } = this.#options;
    lane.traffic.received += chunk.length;
    if (this.#ended) return;
    if (lane.blackhole || this.#lossy) {
      this.#lossy = true;
      lane.traffic.swallowed += chunk.length;
      return;
    }
    for (const part of filter(chunk)) this.#take(part);
    if (this.#resetting) this.#end('reset');
    this.#flow();
  }

  #end(how: 'end' | 'reset'): void {
    if (this.#ended) return;
    this.#ended = true;
    // Into a hole the news that the stream has ended does not come through either.
    if (this.#options.lane.blackhole || this.#lossy) {
      this.#lossy = true;
      return;
    }
    const rest = this.#options.rest();
    if (rest.length > 0) this.#take(rest);
    this.#take(how);
  }

  #take(item: Item): void {
    const { lane } = this.#options;
    if (!lane.degraded && this.#waiting.length === 0) {
      this.#handOn(item);
      return;
    }
    const arrived = monotonic.now();
    const most = lane.pieceBytes;
    if (typeof item === 'string' || item.length <= most) {
      this.#wait(item, arrived);
    } else {
      for (let at = 0; at < item.length; at += most) this.#wait(item.subarray(at, at + most), arrived);
    }
    this.#wake(this.#waiting[this.#next]!.due);
  }

  #wait(item: Item, arrived: Micros): void {
    const bytes = sizeOf(item);
    this.#waitingBytes += bytes;
    this.#lastDue = Math.max(this.#lastDue, this.#options.lane.due(arrived, bytes));
    this.#waiting.push({ item, arrived, due: this.#lastDue });
  }

  #wake(due: Micros): void {
    if (due >= this.#wakeAt) return;
    this.#wakeAt = due;
    this.#options.scheduler.at(due, this.run);
  }

  #handOn(item: Item): void {
    const { to, lane, reset } = this.#options;
    if (item === 'reset') reset();
    else if (to.destroyed) return;
    else if (item === 'end') to.end();
    else {
      lane.traffic.forwarded += item.length;
      if (!to.write(item)) this.#blocked = true;
    }
  }

  /** Reads on, or stops reading while the receiver or the link is behind. */
  #flow(): void {
    const { from, lane } = this.#options;
    const full = this.#blocked || this.#waitingBytes > lane.room;
    if (full === from.isPaused()) return;
    if (full) from.pause();
    else from.resume();
  }
}

function sizeOf(item: Item): number {
  return typeof item === 'string' ? 0 : item.length;
}
