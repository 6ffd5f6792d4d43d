import { setMaxListeners } from 'node:events';
import type { Micros } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { Warning } from '../../base/errors.ts';
import type { InjectContext } from './break-broker.ts';
import { Changes } from './changes.ts';
import type { UndoLog } from './changes.ts';
import type { FaultDriver, NamedBroker } from './driver.ts';
import { needsHealing } from './fault.ts';
import type { PlannedFault } from './fault.ts';
import { explainedBy } from './explain.ts';
import type { PlannedFaults, Sign, Span } from './explain.ts';
import { hitText, newRecord } from '../../protocol/fault-record.ts';
import type { FaultRecord } from '../../protocol/fault-record.ts';
import { inject } from './inject.ts';
import { waitForPreferredLeaders } from './leaders.ts';
import type { FaultMetadata } from './metadata.ts';
import type { FaultPlan } from './plan.ts';
import { brokersOf } from './targets.ts';
import { realTiming, until } from './timing.ts';
import type { Timing } from './timing.ts';
import { manualCommand } from './undo.ts';

export interface TimelineOptions {
  readonly plan: FaultPlan;
  readonly driver: FaultDriver;
  readonly metadata: FaultMetadata;
  /** The journal: every undo is written there first. */
  readonly journal: UndoLog;
  readonly seed: number;
  /** Acknowledged messages of the measured phase so far; asked ten times a second. */
  readonly acked: () => number;
  /** Whether clients have lost their connections to a broker; absent where nobody counts them. */
  readonly connectionsDown?: ((broker: number) => boolean) | undefined;
  readonly log?: ((line: string) => void) | undefined;
  readonly timing?: Timing;
}

const pollMillis = 100;

/** Fires the planned faults, heals them, and keeps the record of each. */
export class Timeline implements PlannedFaults {
  readonly records: readonly FaultRecord[];
  readonly #options: TimelineOptions;
  readonly #timing: Timing;
  readonly #changes: Changes;
  readonly #ending = new AbortController();
  readonly #healed = new Map<string, Promise<boolean>>();
  #tasks: Promise<unknown> = Promise.resolve();
  /** One fault at a time waits for leaders and chooses its brokers; injecting and lasting overlap. */
  #turn: Promise<void> = Promise.resolve();
  #lasting = new Set<FaultRecord>();
  #someFaultEnded = false;
  #ended: Promise<readonly Warning[]> | undefined;

  constructor(options: TimelineOptions) {
    this.#options = options;
    this.#timing = options.timing ?? realTiming;
    // Every fault waits on it, and more than ten would look like a leak.
    setMaxListeners(0, this.#ending.signal);
    this.#changes = new Changes(options.journal, options.driver, this.#timing);
    this.records = options.plan.faults.map((fault) => newRecord(fault));
  }

  /** `measureStart`: when the measured phase begins, on CLOCK_MONOTONIC; times of faults count from there. */
  start(measureStart: Micros): void {
    const { faults } = this.#options.plan;
    const finish = new Map<string, (healed: boolean) => void>();
    for (const { id } of faults) {
      this.#healed.set(id, new Promise((resolve) => finish.set(id, resolve)));
    }
    const tasks = faults.map(async (fault, i) => {
      const record = this.records[i]!;
      await this.#run(fault, record, measureStart);
      finish.get(fault.id)!(record.ended !== null);
    });
    this.#tasks = Promise.all(tasks);
  }

  /** Resolves when every fault has fired and healed. What is one-shot stays until `end`. */
  async done(): Promise<void> {
    await this.#tasks;
  }

  /**
   * Fires nothing more and undoes what is open, with time limits of its own; safe to repeat. Before drain and audit:
   * what these read must be there. `interrupted`: faults that did not fire are no fault of the cluster's.
   */
  end(how: 'finished' | 'interrupted' = 'finished'): Promise<readonly Warning[]> {
    return (this.#ended ??= this.#end(how));
  }

  /** As `PlannedFaults` says. */
  explains(sign: Sign, broker: string, during: Span): string | null {
    return explainedBy(this.records, sign, broker, during);
  }

  /** What to type to undo what is open now, newest first: for the second Ctrl-C. */
  get manualCommands(): readonly string[] {
    return this.#changes.open.flatMap(({ undo }) => (undo ? [manualCommand(undo)] : []));
  }

  async #end(how: 'finished' | 'interrupted'): Promise<readonly Warning[]> {
    this.#ending.abort();
    await this.#tasks;
    const warnings = await this.#changes.undoAll();
    for (const record of this.records.filter(({ started }) => started === null)) {
      if (record.observed !== '') continue;
      record.effective = how === 'interrupted' ? null : false;
      record.observed =
        how === 'interrupted' ? 'never fired: interrupted' : 'never fired: the run ended before';
    }
    return warnings;
  }

  async #run(fault: PlannedFault, record: FaultRecord, measureStart: Micros): Promise<void> {
    try {
      if (!(await this.#due(fault, record, measureStart))) return;
      const brokers = await this.#inTurn(() => this.#choose(fault, record));
      if (!brokers) return;
      this.#say(`fault ${record.id}: ${record.action} ${hitText(record)}`);
      await inject(fault, brokers, record, this.#context());
      this.#someFaultEnded = true;
      // A one-shot lasts on, unless nothing came of it.
      const lastsOn = needsHealing(fault.effect.action) && record.injected !== null && record.ended === null;
      if (!lastsOn) this.#lasting.delete(record);
      this.#say(`fault ${record.id}: ${record.observed}${record.ended === null ? '' : '; over'}`);
    } catch (error) {
      record.effective = false;
      record.observed = messageOf(error);
      this.#lasting.delete(record);
    }
  }

  /** Waits until the fault is due. False when the run ends first, or when what it waits for cannot come any more. */
  async #due({ trigger }: PlannedFault, record: FaultRecord, measureStart: Micros): Promise<boolean> {
    const timing = this.#timing;
    const signal = this.#ending.signal;
    switch (trigger.kind) {
      case 'at':
        record.planned = measureStart + trigger.at;
        await timing.sleep(Math.max(0, (record.planned - timing.now()) / 1000), signal);
        break;
      case 'acked':
        await until(() => this.#options.acked() >= trigger.acked, timing, {
          millis: Infinity,
          every: pollMillis,
          signal,
        });
        break;
      case 'healed': {
        const healed = await this.#healed.get(trigger.fault);
        if (signal.aborted) break;
        if (healed !== true) {
          record.effective = false;
          record.observed = `never fired: ${trigger.fault} did not heal`;
          return false;
        }
        await timing.sleep(trigger.stable / 1000, signal);
        break;
      }
    }
    if (signal.aborted) return false;
    record.planned ??= timing.now();
    return true;
  }

  async #choose(fault: PlannedFault, record: FaultRecord): Promise<readonly NamedBroker[] | null> {
    const signal = this.#ending.signal;
    const { driver, metadata, seed } = this.#options;
    // While a fault lasts, leaders are where it drove them, and the next one may mean just that.
    if (this.#someFaultEnded && ![...this.#lasting].some(({ ended }) => ended === null)) {
      const note = await waitForPreferredLeaders(metadata, this.#timing, signal);
      if (note !== null) record.notes.push(note);
    }
    const brokers = await brokersOf(fault, { driver, metadata, seed, timing: this.#timing, signal });
    if (signal.aborted) return null;
    record.resolved = brokers.map(({ name }) => name);
    this.#lasting.add(record);
    return brokers;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.then(
      () => undefined,
      () => undefined,
    );
    return mine;
  }

  #context(): InjectContext {
    const { driver, metadata, connectionsDown } = this.#options;
    const ending = this.#ending.signal;
    return { driver, metadata, connectionsDown, changes: this.#changes, timing: this.#timing, ending };
  }

  #say(line: string): void {
    this.#options.log?.(line);
  }
}
