import type { RatioMetric } from './gates.ts';
import type { Reading } from './reading.ts';
import type { MetricComparison } from './schema.ts';
import type { Contrast } from './statistics/contrast.ts';

/** A metric's readings, one a trial. Paired sides have the trials of a block at the same place. */
export interface MetricData {
  readonly metric: RatioMetric;
  readonly paired: boolean;
  readonly base: readonly NamedReading[];
  readonly candidate: readonly NamedReading[];
}

export interface NamedReading {
  readonly trial: string;
  readonly reading: Reading;
}

/** What is left to compare: of paired sides whole blocks only. Logarithms, turned so that higher is worse. */
export function contrastOf({ metric, paired, base, candidate }: MetricData): Contrast {
  const logs = (side: readonly NamedReading[]) => side.map(({ reading }) => logOf(metric, reading));
  const [first, second] = [logs(base), logs(candidate)];
  if (!paired) return { kind: 'unpaired', base: present(first), candidate: present(second) };
  const differences = first.map((log, i) => {
    const partner = second[i] ?? null;
    return log === null || partner === null ? null : rounded(partner - log);
  });
  return { kind: 'paired', differences: present(differences) };
}

function logOf({ better }: RatioMetric, reading: Reading): number | null {
  if ('excluded' in reading) return null;
  return rounded(better === 'lower' ? Math.log(reading.value) : -Math.log(reading.value));
}

// So that equal ratios are ties: ln 4 - ln 2 and ln 6 - ln 3 differ in the last bit.
const rounded = (log: number): number => Math.round(log * 1e12) / 1e12;

const present = (values: readonly (number | null)[]): number[] => values.filter((each) => each !== null);

export function exclusionsOf({ base, candidate }: MetricData): MetricComparison['excluded'] {
  const of = (side: 'base' | 'candidate', readings: readonly NamedReading[]) =>
    readings.flatMap(({ trial, reading }) =>
      'excluded' in reading ? [{ side, trial, ...reading.excluded }] : [],
    );
  return [...of('base', base), ...of('candidate', candidate)];
}

export const valuesOf = (side: readonly NamedReading[]): (number | null)[] =>
  side.map(({ reading }) => ('value' in reading ? reading.value : null));
