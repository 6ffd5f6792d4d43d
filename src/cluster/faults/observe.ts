import type { Micros } from '../../base/clock.ts';
import { formatDuration } from '../../base/units.ts';
import { diffViews } from './cluster-changes.ts';
import type { ClusterChange } from './cluster-changes.ts';
import { culpritOf } from './attribution.ts';
import type { Suspect } from './attribution.ts';
import type { FaultDriver, NamedBroker, WatchedState } from './driver.ts';
import { didNothing, reachesBrokers } from './explain.ts';
import type { PlannedFaults, Sign, Span } from './explain.ts';
import type { ClusterView, FaultMetadata } from './metadata.ts';
import { observedRecord } from '../../protocol/fault-record.ts';
import type { FaultRecord } from '../../protocol/fault-record.ts';
import { realTiming } from './timing.ts';
import type { Timing } from './timing.ts';

/** A change, when it was seen (half a second late at most), and the one fault that it belongs to, planned or observed. */
export type SeenChange = ClusterChange & { readonly at: Micros; readonly fault: string | null };

export interface WatcherOptions {
  readonly brokers: readonly NamedBroker[];
  readonly metadata: FaultMetadata;
  /** Shows a short pause, which metadata does not; absent for clusters that cannot be asked cheaply. */
  readonly states?: FaultDriver['states'] | undefined;
  readonly ending?: FaultDriver['ending'] | undefined;
  /** Absent in a run without planned faults. */
  readonly planned?: PlannedFaults | undefined;
  readonly log?: ((line: string) => void) | undefined;
  readonly timing?: Timing;
}

const lookMillis = 500;
/** Metadata that is answered later than that is not answered. */
const unansweredMicros: Micros = 3e6;
/** A process that wakes up so late has itself stood still, and not the cluster. */
const stallMicros: Micros = 1.5e6;

/** What an observed fault is called by what was seen first. */
const actionOf: Readonly<Record<Sign, string>> = {
  stopped: 'stop',
  paused: 'pause',
  disconnected: 'disconnect',
  gone: 'down',
};

/**
 * Watches brokers, leaders and in-sync replicas twice a second. An outage that no planned fault explains becomes an
 * observed fault: a broker that someone stopped by hand, from when to when. It is over when the broker serves again,
 * not when its process runs: until its old registration ends, metadata goes on listing a broker that is down.
 */
export class ClusterWatcher {
  readonly #seen: (ClusterChange & { readonly at: Micros })[] = [];
  /** Observed faults, in the order in which they began. */
  readonly observed: FaultRecord[] = [];
  readonly #options: WatcherOptions;
  readonly #timing: Timing;
  readonly #stopping = new AbortController();
  #view: ClusterView | null = null;
  #states: ReadonlyMap<string, WatchedState> = new Map();
  /** The last look at states, and brokers that one has shown running: what was down before the run is none of it. */
  #statesAt: Micros | null = null;
  readonly #hasRun = new Set<string>();
  /** Ids that metadata has listed: it never lists a controller. */
  readonly #listed = new Set<number>();
  #answeredAt: Micros | null = null;
  readonly #unanswered: Span[] = [];
  readonly #stalls: Span[] = [];
  /** Brokers that are being asked whether they serve. */
  readonly #asked = new Set<number>();
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
      this.#watchOurselves(),
    ]);
  }

  /** Ends the watch. Outages that go on keep `ended: null`. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#watching;
    this.#answered(this.#timing.now());
  }

  /** When no broker answered, as far as this process was awake: where all are gone at once, metadata shows nothing. */
  get unanswered(): Span[] {
    return this.#unanswered.filter(({ from, to }) => {
      const asleep = this.#stalls.reduce(
        (sum, stall) => sum + Math.max(0, Math.min(to, stall.to) - Math.max(from, stall.from)),
        0,
      );
      return to - from - asleep >= unansweredMicros;
    });
  }

  #answered(at: Micros): void {
    const from = this.#answeredAt;
    if (from !== null && at - from >= unansweredMicros) this.#unanswered.push({ from, to: at });
    this.#answeredAt = at;
  }

  async #watchOurselves(): Promise<void> {
    for (let from = this.#timing.now(); !this.#isStopping();) {
      await this.#timing.sleep(lookMillis, this.#stopping.signal);
      const to = this.#timing.now();
      if (to - from > stallMicros) this.#stalls.push({ from, to });
      from = to;
    }
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

  /** In order of time, each with the fault that it belongs to as far as is known now. */
  get changes(): SeenChange[] {
    const suspects = this.#suspects();
    return this.#seen.map((change) => ({ ...change, fault: culpritOf(change, change.at, suspects) }));
  }

  #suspects(): Suspect[] {
    const idOf = new Map(this.#options.brokers.map(({ id, name }) => [name, id]));
    const records = [...(this.#options.planned?.records ?? []), ...this.observed];
    return records.flatMap((record) => {
      const { id, source, action, resolved, started, ended } = record;
      if (started === null || didNothing(record)) return [];
      const brokers = reachesBrokers(action) ? resolved.flatMap((name) => idOf.get(name) ?? []) : [];
      return [{ id, source, brokers, started, ended }];
    });
  }

  #looked(view: ClusterView): void {
    const at = this.#timing.now();
    this.#answered(at);
    const before = this.#view;
    this.#view = view;
    for (const id of view.brokers) this.#listed.add(id);
    if (!before) return;
    for (const broker of this.#options.brokers) this.#comparePresence(broker, before, view, at);
    for (const change of diffViews(before, view)) {
      if (change.kind === 'leader' || change.kind === 'in-sync') this.#seen.push({ ...change, at });
    }
  }

  #comparePresence(broker: NamedBroker, before: ClusterView, view: ClusterView, at: Micros): void {
    const { id } = broker;
    if (view.brokers.includes(id)) {
      const onlyOnce = this.#missing.delete(id);
      if (!before.brokers.includes(id) && !onlyOnce) this.#seen.push({ kind: 'broker-back', broker: id, at });
      this.#endIfServing(broker);
    } else if (before.brokers.includes(id)) {
      this.#missing.set(id, at);
    } else {
      const since = this.#missing.get(id);
      if (since === undefined) return;
      this.#missing.delete(id);
      this.#down(broker.name, 'gone', { from: since, to: since });
      this.#seen.push({ kind: 'broker-gone', broker: id, at: since });
    }
  }

  #lookedAtStates(states: ReadonlyMap<string, WatchedState>): void {
    const at = this.#timing.now();
    const from = this.#statesAt ?? at;
    this.#states = states;
    this.#statesAt = at;
    for (const broker of this.#options.brokers) {
      const { name } = broker;
      const state = states.get(name);
      if (state === 'running') {
        this.#hasRun.add(name);
        this.#endIfServing(broker);
      } else if (state !== undefined && this.#hasRun.has(name)) this.#down(name, state, { from, to: at });
    }
  }

  /** An observed fault, unless one lasts or a planned one explains it. */
  #down(broker: string, sign: Sign, during: Span): void {
    const ending = sign === 'stopped' ? this.#options.ending?.(broker) : undefined;
    const bare = sign === 'gone' ? 'gone from metadata' : sign;
    const seen = ending === undefined ? bare : `${bare}: ${ending}`;
    const known = this.#lasting(broker);
    if (known) {
      const started = known.started ?? during.to;
      if (!known.observed.includes(seen))
        known.observed += `; ${seen} after ${formatDuration(during.to - started)}`;
      return;
    }
    if (this.#options.planned?.explains(sign, broker, during)) return;
    const count = this.observed.filter(({ target }) => target === broker).length;
    const id = count === 0 ? `observed-${broker}` : `observed-${broker}-${count + 1}`;
    this.observed.push(observedRecord(id, actionOf[sign], broker, during.to, `${broker} ${seen}`));
    this.#options.log?.(`${broker} is ${seen}, which nobody planned`);
  }

  #endIfServing(broker: NamedBroker): void {
    const record = this.#lasting(broker.name);
    if (!record || !this.#isUp(broker)) return;
    const { serves } = this.#options.metadata;
    if (!serves || !this.#listed.has(broker.id)) {
      this.#end(record);
      return;
    }
    if (this.#asked.has(broker.id)) return;
    this.#asked.add(broker.id);
    void serves(broker.id)
      .catch(() => false)
      .then((does) => {
        this.#asked.delete(broker.id);
        if (does && record.ended === null && this.#isUp(broker) && !this.#isStopping()) this.#end(record);
      });
  }

  /** As far as others tell. */
  #isUp({ id, name }: NamedBroker): boolean {
    const listed = !this.#listed.has(id) || this.#view?.brokers.includes(id) === true;
    return listed && (this.#states.get(name) ?? 'running') === 'running';
  }

  #end(record: FaultRecord): void {
    record.ended = this.#timing.now();
    const lasted = record.ended - (record.started ?? record.ended);
    this.#options.log?.(`${record.target} is back after ${formatDuration(lasted)}`);
  }

  #lasting(broker: string): FaultRecord | undefined {
    return this.observed.find(({ target, ended }) => target === broker && ended === null);
  }
}
