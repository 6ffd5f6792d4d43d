import type { Micros } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { RateSpec } from './rate-profile.ts';
import { RateProfile } from './rate-profile.ts';

/** When one client's messages are due, one after the other. The schedule never waits for the system: open loop. */
export interface DueTimes {
  /** Microseconds from the start to the client's next message; never less than the last, Infinity for never. */
  next(): Micros;
}

export interface ScheduleOptions {
  /** Of the whole group. */
  readonly rate: RateSpec;
  /**
   * `uniform`: the group's messages are evenly spaced, client c of n takes those with index ≡ c mod n.
   * `poisson`: each client's are a Poisson process of an n-th of the rate, independent of the others.
   */
  readonly arrival: 'uniform' | 'poisson';
  readonly client: number;
  readonly clients: number;
  /** The client's own stream; only `poisson` draws from it. */
  readonly random: Random;
}

export function createSchedule({ rate, arrival, client, clients, random }: ScheduleOptions): DueTimes {
  const profile = new RateProfile(rate);
  return arrival === 'uniform'
    ? new UniformArrivals(profile, client, clients)
    : new PoissonArrivals(profile, clients, random);
}

class UniformArrivals implements DueTimes {
  readonly #profile: RateProfile;
  readonly #clients: number;
  #index: number;

  constructor(profile: RateProfile, client: number, clients: number) {
    this.#profile = profile;
    this.#clients = clients;
    this.#index = client;
  }

  next(): Micros {
    const due = this.#profile.dueOffset(this.#index);
    this.#index += this.#clients;
    return due;
  }
}

/**
 * A Poisson process of varying rate is one of rate 1 on a clock that runs at the rate (time-rescaling theorem): the
 * points are sums of unit exponentials, and their times the inverse of the integrated rate.
 */
class PoissonArrivals implements DueTimes {
  readonly #profile: RateProfile;
  readonly #clients: number;
  readonly #random: Random;
  #point = 0;

  constructor(profile: RateProfile, clients: number, random: Random) {
    this.#profile = profile;
    this.#clients = clients;
    this.#random = random;
  }

  next(): Micros {
    this.#point -= Math.log1p(-this.#random.float());
    return this.#profile.dueOffset(this.#point * this.#clients);
  }
}
