import { z } from 'zod';
import {
  type Bound,
  boundForms,
  metrics,
  type ParsedMetric,
  parseBound,
  parseMetric,
  unscopedMetrics,
} from '../../base/metrics.ts';
import { word } from './leaf.ts';

/** One gate: the metric as written and parsed, its bound as written and parsed. */
export interface Expectation extends ParsedMetric, Bound {
  readonly metric: string;
  readonly bound: string;
}

export const guarantees = ['at-most-once', 'at-least-once', 'exactly-once', 'none'] as const;
export type Guarantee = (typeof guarantees)[number];

const bound = () =>
  z.union([z.string(), z.number()], { error: 'a bound such as "<= 500ms", ">= 1980/s" or 0' });

// Named one by one so that an editor completes them; scoped names and windows fall to the catch-all.
const named = Object.fromEntries(
  unscopedMetrics().map((metric) => {
    const parsed = parseMetric(metric) as ParsedMetric;
    const { about, unit } = metrics[parsed.name];
    return [metric, bound().describe(`${about}; ${boundForms[unit]}`).exactOptional()];
  }),
);

const delivery = () =>
  word(guarantees).describe(
    'What delivery must keep. Default: at-most-once for acks=0, else at-least-once. none reports without gating.',
  );

/** Bounds by metric name; `[scope.]metric[.statistic][@window]`. */
export const expect = () =>
  z
    .object({ delivery: delivery().exactOptional(), ...named }, { error: 'a mapping of metrics to bounds' })
    .catchall(bound())
    .transform((given, context) => {
      const gates: Expectation[] = [];
      for (const [metric, bound] of Object.entries(given)) {
        if (metric === 'delivery') continue;
        const gate = readGate(metric, bound);
        if ('name' in gate) gates.push(gate);
        else context.issues.push({ code: 'custom', input: bound, path: [metric], ...gate });
      }
      const guarantee = given.delivery;
      return { gates, ...(guarantee === undefined ? {} : { delivery: guarantee }) };
    })
    .describe('Gates: a metric to its bound. A gate that fails makes the exit code 1.');

interface GateIssue {
  message: string;
  params: { sentence?: true; at?: 'key'; nearest?: string };
}

function readGate(metric: string, bound: string | number): Expectation | GateIssue {
  const parsed = parseMetric(metric);
  if ('error' in parsed) {
    const near = parsed.nearest === undefined ? {} : { nearest: parsed.nearest };
    return { message: parsed.error, params: { sentence: true, at: 'key', ...near } };
  }
  const { unit } = metrics[parsed.name];
  const limit = parseBound(bound, unit);
  if (!limit) return { message: boundForms[unit], params: {} };
  return { metric, bound: String(bound), ...parsed, ...limit };
}
