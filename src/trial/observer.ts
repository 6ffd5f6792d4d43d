import type { Warning } from '../base/errors.ts';
import type { ShownMessage } from '../protocol/report.ts';

export type PhaseName = 'prepare' | 'warmup' | 'measure' | 'drain' | 'audit' | 'finish';

/** Where a run stands, twice a second: what a progress line shows. */
export interface Progress {
  readonly phase: PhaseName;
  readonly elapsedSeconds: number;
  /** Of warm-up and measured phase, null where only the messages say when it ends. */
  readonly totalSeconds: number | null;
  readonly attempted: number;
  /** Planned messages, null where the time says when it ends. */
  readonly plannedMessages: number | null;
  readonly settled: number;
  readonly received: number;
  readonly errors: number;
  readonly inFlight: number;
  /** Over the last complete second. */
  readonly rate: number;
  readonly receiveRate: number;
  /** Of the last complete second, µs: `ack`, or `serviceAck` in a closed loop. */
  readonly p50: number | null;
  readonly p99: number | null;
  /** While the log is read back. */
  readonly audit?: AuditProgress;
}

export interface AuditProgress {
  /** Records read of about as many as there must be. */
  readonly read: number;
  readonly expected: number;
  /** Since the audit began. */
  readonly perSecond: number;
  readonly seconds: number;
}

/** What a run tells while it goes on. The run itself prints nothing. */
export interface RunObserver {
  /** One line about what takes longer than a moment. */
  status(line: string): void;
  progress(progress: Progress): void;
  shown(message: ShownMessage): void;
  warning(warning: Warning): void;
}

export const silent: RunObserver = {
  status: () => undefined,
  progress: () => undefined,
  shown: () => undefined,
  warning: () => undefined,
};
