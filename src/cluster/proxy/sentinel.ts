import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Address } from './traffic.ts';

const retryMillis = 50;
/** A connection that ends sooner is not tried again at once: something accepts for a broker that is not there. */
const briefMillis = 1000;

/**
 * Holds an idle connection to a broker, which ends the moment the broker's process does, and tries again until there
 * is a broker once more. A frozen broker keeps its connections, so it counts as there.
 */
export class Sentinel {
  readonly #address: Address;
  readonly #changed: (up: boolean) => void;
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** `changed` is told whenever a connection has been made or refused. */
  constructor(address: Address, changed: (up: boolean) => void) {
    this.#address = address;
    this.#changed = changed;
    this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#socket?.destroy();
  }

  #connect(): void {
    const began = performance.now();
    let connected = false;
    const socket = connect(this.#address);
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.once('connect', () => {
      connected = true;
      this.#changed(true);
    });
    socket.once('close', () => {
      if (this.#stopped) return;
      if (!connected) this.#changed(false);
      if (connected && performance.now() - began >= briefMillis) this.#connect();
      else this.#timer = setTimeout(() => this.#connect(), retryMillis);
    });
    socket.resume();
  }
}
