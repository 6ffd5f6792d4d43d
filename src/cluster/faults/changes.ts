import { messageOf } from '../../base/errors.ts';
import type { Warning } from '../../base/errors.ts';
import type { FaultDriver } from './driver.ts';
import type { FaultRecord } from '../../protocol/fault-record.ts';
import type { Timing } from './timing.ts';
import { describeUndo, manualCommand } from './undo.ts';
import type { Undo, Undone } from './undo.ts';

/** Where an undo is written before its change is made; the journal on disk. */
export interface UndoLog {
  begin(fault: string, undo: Undo): number;
  done(entry: number, what: string): void;
}

/** A change that is made and not yet undone. */
export interface OpenChange {
  readonly record: FaultRecord;
  /** Null for a change of the network as a whole. */
  readonly broker: string | null;
  readonly undo: Undo | null;
  readonly entry: number | null;
  readonly heal: () => Promise<Undone>;
}

/** What faults have changed: written down first, undone once each. */
export class Changes {
  readonly #log: UndoLog;
  readonly #timing: Timing;
  readonly #driver: Pick<FaultDriver, 'undo'>;
  readonly #open = new Set<OpenChange>();
  readonly #undoing = new Map<OpenChange, Promise<boolean>>();

  constructor(log: UndoLog, driver: Pick<FaultDriver, 'undo'>, timing: Timing) {
    this.#log = log;
    this.#driver = driver;
    this.#timing = timing;
  }

  /** Newest first. */
  get open(): readonly OpenChange[] {
    return [...this.#open].reverse();
  }

  /** Before the change is made; `heal` where more than the undo is to be done. @throws when the journal cannot be written: then it must not be made. */
  begin(
    record: FaultRecord,
    broker: string | null,
    undo: Undo,
    heal: () => Promise<Undone> = () => this.#driver.undo(undo),
  ): OpenChange {
    const entry = this.#log.begin(record.id, undo);
    if (broker !== null) record.hits.push({ broker, from: this.#timing.now(), to: null });
    return this.#add({ record, broker, undo, entry, heal });
  }

  /** A change that ends with this process anyway, so that nothing need be written down. */
  beginFleeting(record: FaultRecord, broker: string | null, heal: () => Promise<Undone>): OpenChange {
    return this.#add({ record, broker, undo: null, entry: null, heal });
  }

  #add(change: OpenChange): OpenChange {
    this.#open.add(change);
    return change;
  }

  /** Written down for whoever looks after the run's end: it can be done only then, and nothing waits for it. */
  leave(record: FaultRecord, undo: Undo): void {
    this.#log.begin(record.id, undo);
  }

  /** Undoes one change and says so in its record. False when that failed: it stays open, with a note. */
  undo(change: OpenChange): Promise<boolean> {
    return this.#once(change, true);
  }

  /**
   * For a change that failed half-way: undoes what there is to undo. What has not happened may still come, from an
   * engine that goes on, so the change then stays open for the end of the run.
   */
  undoIfNeeded(change: OpenChange): Promise<boolean> {
    return this.#once(change, false);
  }

  #once(change: OpenChange, settles: boolean): Promise<boolean> {
    const running = this.#undoing.get(change);
    if (running) return running;
    const undoing = this.#undo(change, settles).finally(() => this.#undoing.delete(change));
    this.#undoing.set(change, undoing);
    return undoing;
  }

  /** The change is gone by other means: another fault started the broker. */
  settle(change: OpenChange, what: string): void {
    if (!this.#open.delete(change)) return;
    const { record, broker, entry } = change;
    const hit = record.hits.findLast((each) => each.broker === broker);
    if (hit) hit.to ??= this.#timing.now();
    if (entry !== null) this.#log.done(entry, what);
  }

  async #undo(change: OpenChange, settles: boolean): Promise<boolean> {
    if (!this.#open.has(change)) return true;
    const { record, undo, heal } = change;
    record.healing ??= this.#timing.now();
    try {
      const { what, needed } = await heal();
      if (!needed && !settles) return false;
      if (!needed) record.notes.push(`nothing to undo: ${what}`);
      this.settle(change, what);
      return true;
    } catch (error) {
      record.notes.push(`could not ${undo ? describeUndo(undo) : `heal ${record.id}`}: ${messageOf(error)}`);
      return false;
    }
  }

  /** Undoes all that is open, newest first; what still fails is a warning with what to type. */
  async undoAll(): Promise<Warning[]> {
    const warnings: Warning[] = [];
    for (const change of this.open) {
      if (await this.undo(change)) {
        change.record.ended ??= this.#timing.now();
        continue;
      }
      warnings.push({
        code: 'fault-left',
        message: `fault ${change.record.id}: ${change.record.notes.at(-1) ?? ''}${change.undo ? `; by hand: ${manualCommand(change.undo)}` : ''}`,
      });
    }
    return warnings;
  }
}
