import type { Micros } from '../base/clock.ts';
import { formatDuration } from '../base/units.ts';
import { diffViews } from './cluster-changes.ts';
import type { ClusterChange } from './cluster-changes.ts';
import type { BrokerState, FaultDriver, NamedBroker } from './driver.ts';
import type { ClusterView, FaultMetadata } from './metadata.ts';
import { observedRecord } from './record.ts';
import type { FaultRecord } from './record.ts';
import { realTiming } from './timing.ts';
import type { Timing } from './timing.ts';

/** A change, when it was seen (half a second late at most), and the fault that explains it, planned or observed. */
export type SeenChange = ClusterChange & { readonly at: Micros; readonly fault: string | null };

export interface WatcherOptions {
  readonly brokers: readonly NamedBroker[];
  readonly metadata: FaultMetadata;
  /** Shows a short pause, which metadata does not; absent for clusters that cannot be asked cheaply. */
  readonly states?: FaultDriver['states'] | undefined;
  /** `Timeline.explains`; absent in a run without planned faults. */
  readonly explains?: ((broker: string | null, at: Micros) => string | null) | undefined;
  readonly log?: ((line: string) => void) | undefined;
  readonly timing?: Timing;
}

const lookMillis = 500;
/** After an outage that nobody planned, leaders and in-sync sets follow for this long because of it. */
const settleMicros = 60e6;

/**
 * Watches brokers, leaders and in-sync replicas twice a second. An outage that no planned fault explains becomes an
 * observed fault: a broker that someone stopped by hand, from when to when.
 */
export class ClusterWatcher {
  readonly changes: SeenChange[] = [];
  /** Observed faults, in the order in which they began. */
  readonly observed: FaultRecord[] = [];
  readonly #options: WatcherOptions;
  readonly #timing: Timing;
  readonly #stopping = new AbortController();
  #view: ClusterView | null = null;
  #states: ReadonlyMap<string, BrokerState> = new Map();
  /** Missing from the last look alone, since then: a stale answer of one broker is no outage. */
  readonly #missing = new Map<number, Micros>();
  #watching: Promise<unknown> = Promise.resolve();

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#timing = options.timing ?? realTiming;
  }

  start(): void {
    const { metadata, states } = this.#options;
    this.#watching = Promise.all([
      this.#poll(
        () => metadata.look(),
        (view) => this.#looked(view),
      ),
      states && this.#poll(states, (found) => this.#lookedAtStates(found)),
    ]);
  }

  /** Ends the watch. Outages that go on keep `ended: null`. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#watching;
  }

  async #poll<T>(ask: () => Promise<T>, take: (answer: T) => void): Promise<void> {
    const signal = this.#stopping.signal;
    while (!signal.aborted) {
      // Nobody answers: nothing is known to have changed.
      const answer = await ask().catch(() => null);
      if (answer !== null && !this.#isStopping()) take(answer);
      await this.#timing.sleep(lookMillis, signal);
    }
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  #looked(view: ClusterView): void {
    const at = this.#timing.now();
    const before = this.#view;
    this.#view = view;
    if (!before) return;
    for (const broker of this.#options.brokers) this.#comparePresence(broker, before, view, at);
    for (const change of diffViews(before, view)) {
      if (change.kind === 'leader' || change.kind === 'in-sync')
        this.changes.push({ ...change, at, fault: this.#culprit(null, at) });
    }
  }

  #comparePresence(broker: NamedBroker, before: ClusterView, view: ClusterView, at: Micros): void {
    const { id } = broker;
    if (view.brokers.includes(id)) {
      const onlyOnce = this.#missing.delete(id);
      if (!before.brokers.includes(id) && !onlyOnce)
        this.changes.push({ kind: 'broker-back', broker: id, at, fault: this.#culprit(broker.name, at) });
      this.#endIfUp(broker, at);
    } else if (before.brokers.includes(id)) {
      this.#missing.set(id, at);
    } else {
      const since = this.#missing.get(id);
      if (since === undefined) return;
      this.#missing.delete(id);
      const fault = this.#down(broker.name, 'down', since, 'gone from metadata');
      this.changes.push({ kind: 'broker-gone', broker: id, at: since, fault });
    }
  }

  #lookedAtStates(states: ReadonlyMap<string, BrokerState>): void {
    const at = this.#timing.now();
    const before = this.#states;
    this.#states = states;
    for (const broker of this.#options.brokers) {
      const { name } = broker;
      const state = states.get(name);
      if (state === 'running') this.#endIfUp(broker, at);
      else if (state !== undefined && before.get(name) === 'running') {
        this.#down(name, state === 'paused' ? 'pause' : 'stop', at, state);
      }
    }
  }

  /** The fault that explains it; a new observed one if there is none. */
  #down(broker: string, action: string, at: Micros, seen: string): string {
    const known = this.#lasting(broker);
    if (known) {
      const started = known.started ?? at;
      if (!known.observed.includes(seen)) known.observed += `; ${seen} after ${formatDuration(at - started)}`;
      return known.id;
    }
    const planned = this.#options.explains?.(broker, at) ?? null;
    if (planned !== null) return planned;
    const count = this.observed.filter(({ target }) => target === broker).length;
    const id = count === 0 ? `observed-${broker}` : `observed-${broker}-${count + 1}`;
    this.observed.push(observedRecord(id, action, broker, at, `${broker} ${seen}`));
    this.#options.log?.(`${broker} is ${seen}, which nobody planned`);
    return id;
  }

  #endIfUp({ id, name }: NamedBroker, at: Micros): void {
    const record = this.#lasting(name);
    if (!record || !this.#view?.brokers.includes(id)) return;
    if ((this.#states.get(name) ?? 'running') !== 'running') return;
    record.ended = at;
    this.#options.log?.(`${name} is back after ${formatDuration(at - (record.started ?? at))}`);
  }

  #lasting(broker: string): FaultRecord | undefined {
    return this.observed.find(({ target, ended }) => target === broker && ended === null);
  }

  #culprit(broker: string | null, at: Micros): string | null {
    const planned = this.#options.explains?.(broker, at) ?? null;
    if (planned !== null) return planned;
    const near = this.observed.filter(
      ({ target, ended }) =>
        (broker === null || target === broker) && (ended === null || at <= ended + settleMicros),
    );
    return near.at(-1)?.id ?? null;
  }
}
