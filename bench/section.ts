import type { Alignment } from '../src/report/table.ts';

export interface Context {
  readonly rounds: number;
  readonly quick: boolean;
  /** Of each sample: what is not measured, and what is. */
  readonly warmupSeconds: number;
  readonly seconds: number;
  readonly signal: AbortSignal;
  /** One line about what is being measured, for whoever waits. */
  readonly status: (line: string) => void;
}

/** One measurement as the report shows it. */
export interface Section {
  readonly title: string;
  readonly alignments: readonly Alignment[];
  /** The first is the head. */
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
  /** Every sample, for --json. */
  readonly samples: unknown;
}

export type Measurement = (context: Context) => Promise<Section>;
