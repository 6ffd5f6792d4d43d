import { setMaxListeners } from 'node:events';
import { whenAborted } from '../base/clock.ts';
import { BenchError } from '../base/errors.ts';
import type { PhaseName } from './observer.ts';

/** What the caller asked for while the run went on: to stop in order, or to be cut at once. */
export class Interruption {
  readonly stop: AbortSignal;
  readonly cut: AbortSignal;
  /** Where the run stood when it was asked. */
  askedIn: PhaseName | undefined;
  readonly #failure: Promise<never>;

  constructor(stop: AbortSignal | undefined, cut: AbortSignal | undefined, phase: () => PhaseName) {
    // Signals of this run's own: what listens to them goes with it, and the caller's may outlive many runs.
    this.stop = AbortSignal.any(stop ? [stop] : []);
    this.cut = AbortSignal.any(cut ? [cut] : []);
    // As many waits as there are groups, clients and questions that nobody answers: no sign of a leak.
    setMaxListeners(0, this.stop, this.cut);
    this.#failure = whenAborted(this.cut).then(() => {
      throw interrupted();
    });
    this.#failure.catch(() => undefined);
    for (const signal of [this.stop, this.cut]) {
      signal.addEventListener('abort', () => (this.askedIn ??= phase()), { once: true });
    }
  }

  get isAsked(): boolean {
    return this.stop.aborted || this.cut.aborted;
  }

  /** @throws BenchError `interrupted` */
  throwIfAsked(): void {
    if (this.isAsked) throw interrupted();
  }

  /** Rejects when the run is cut; never resolves. */
  failIfCut(): Promise<never> {
    return this.#failure;
  }

  /** Rejects when the run is asked to stop, in order or at once: for waits that nothing is lost by leaving. */
  failIfAsked(): Promise<never> {
    return Promise.race([this.whenStopped(), whenAborted(this.cut)]).then(() => {
      throw interrupted();
    });
  }

  whenStopped(): Promise<void> {
    return whenAborted(this.stop);
  }
}

function interrupted(): BenchError {
  return new BenchError('interrupted', 'interrupted');
}
