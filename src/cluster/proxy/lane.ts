import type { Micros } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Degrade } from './fault.ts';

/** Bytes of one broker in one direction, over all its connections so far. */
export interface DirectionTraffic {
  received: number;
  forwarded: number;
  /** By a blackhole or a drop. */
  swallowed: number;
  /** Pieces that a degrade made wait. */
  readonly delayed: {
    pieces: number;
    /** Of them, handed on within 0.2 ms of the instant that they were due. */
    inTime: number;
    /** The latest of them, after its due time. */
    worst: Micros;
  };
}

/** How exact delays are to be where the machine is not busy. */
const promised: Micros = 200;

/** Waiting bytes of a connection beyond which its sender is no longer read; TCP then slows the sender down. */
const roomWithLatency = 64 * 2 ** 20;
const leastRoom = 64 * 2 ** 10;
/** What a limited link takes in beyond what is on its way, as a router's buffer would. */
const bufferedSeconds = 0.1;

/** What holds for one broker in one direction: how much later bytes are due, and whether any pass. */
export class Lane {
  readonly traffic: DirectionTraffic = {
    ...{ received: 0, forwarded: 0, swallowed: 0 },
    delayed: { pieces: 0, inTime: 0, worst: 0 },
  };
  blackhole = false;
  #degrade: Degrade | undefined;
  #random: Random | undefined;
  /** When the limited link has sent all that it was given. */
  #linkFree: Micros = 0;

  get degraded(): boolean {
    return this.#degrade !== undefined;
  }

  /** A piece was handed on so long after its due time. */
  delivered(late: Micros): void {
    const { delayed } = this.traffic;
    delayed.pieces++;
    if (late <= promised) delayed.inTime++;
    delayed.worst = Math.max(delayed.worst, late);
  }

  setDegrade(degrade: Degrade | undefined, random?: Random): void {
    this.#degrade = degrade;
    this.#random = random;
    this.#linkFree = 0;
  }

  /** Bytes that may wait in one connection. */
  get room(): number {
    const { bytesPerSecond, latency = 0 } = this.#degrade ?? {};
    if (bytesPerSecond === undefined) return roomWithLatency;
    const seconds = latency / 1e6 + bufferedSeconds;
    return Math.min(roomWithLatency, Math.max(leastRoom, bytesPerSecond * seconds));
  }

  /** The most to hand on at once: of a limited link 10 ms, so that its bytes flow instead of falling in lumps. */
  get pieceBytes(): number {
    const { bytesPerSecond } = this.#degrade ?? {};
    return bytesPerSecond === undefined ? Infinity : Math.max(512, Math.round(bytesPerSecond / 100));
  }

  /**
   * When bytes that arrive now are to be handed on. The bucket's token is a byte and its depth none: a link, which
   * is done with a piece once the last byte is through and takes the pieces of all connections one after another.
   */
  due(arrived: Micros, bytes: number): Micros {
    const { latency = 0, jitter = 0, bytesPerSecond } = this.#degrade ?? {};
    let sent = arrived;
    if (bytesPerSecond !== undefined) {
      this.#linkFree = Math.max(this.#linkFree, arrived) + (bytes / bytesPerSecond) * 1e6;
      sent = this.#linkFree;
    }
    const varied = jitter > 0 && this.#random ? jitter * (2 * this.#random.float() - 1) : 0;
    return sent + Math.max(0, latency + varied);
  }
}
