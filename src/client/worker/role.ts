import type { Micros } from '../../base/clock.ts';
import type { ClientProgress, WorkerReport } from '../../protocol/report.ts';

/** What a worker process does once it has its plan. */
export interface Role {
  connect(): Promise<void>;
  /** From the agreed start to the end of everything; clients are closed when it resolves. */
  run(start: Micros): Promise<WorkerReport>;
  /** Called a few times a second. */
  tick(): void;
  progress(): readonly ClientProgress[];
  /** The measured phase ends then, ahead of its plan. */
  endPhase(at: Micros): void;
  /**
   * Ends the run early; `drainMillis` bounds how long outstanding messages are waited for, and how long consumers take
   * to finish what they hold and to leave.
   */
  stop(drainMillis: number): void;
}
