import type { Micros } from '../base/clock.ts';
import type { WorkerPlan } from './plan.ts';
import type { ClientProgress, IntervalReport, ShownMessage, WorkerReport } from './report.ts';

export type ToWorker =
  | { readonly type: 'plan'; readonly plan: WorkerPlan }
  /** Time zero of the schedule, on CLOCK_MONOTONIC; warm-up starts then. */
  | { readonly type: 'start'; readonly at: Micros }
  /** The measured phase ends then, on CLOCK_MONOTONIC, ahead of its plan: what comes later is counted as late. */
  | { readonly type: 'phase-end'; readonly at: Micros }
  /** Producers hand over nothing more and drain; consumers finish what they hold and leave. For so long at most. */
  | { readonly type: 'stop'; readonly drainMillis: number };

export type FromWorker =
  /** Says that the process is alive; any other message does too. */
  | { readonly type: 'heartbeat' }
  | { readonly type: 'ready'; readonly ready: WorkerReady }
  | { readonly type: 'interval'; readonly interval: IntervalReport }
  /** Cumulative, sent with each heartbeat while anything moves. */
  | { readonly type: 'progress'; readonly progress: readonly ClientProgress[] }
  | { readonly type: 'shown'; readonly shown: ShownMessage }
  | { readonly type: 'warning'; readonly warning: { readonly code: string; readonly message: string } }
  | { readonly type: 'finished'; readonly report: WorkerReport }
  | { readonly type: 'failed'; readonly message: string; readonly hint?: string };

export type WorkerReady =
  | {
      readonly role: 'produce' | 'consume' | 'audit';
      readonly librdkafka: string;
      readonly features: readonly string[];
    }
  | { readonly role: 'mock-host'; readonly brokers: readonly { id: number; host: string; port: number }[] };
