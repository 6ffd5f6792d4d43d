import { z } from 'zod';
import {
  type Bound,
  boundForms,
  boundPattern,
  metricPattern,
  metrics,
  type ParsedMetric,
  parseBound,
  parseMetric,
  unscopedMetrics,
} from '../../metrics/metrics.ts';
import { oneOf } from './leaf.ts';

/** One gate: the metric as written and parsed, its bound as written and parsed. */
export interface Expectation extends ParsedMetric, Bound {
  readonly metric: string;
  readonly bound: string;
}

export const guarantees = ['at-most-once', 'at-least-once', 'exactly-once', 'none'] as const;
export type Guarantee = (typeof guarantees)[number];

const boundForm = 'a bound such as "<= 500ms", ">= 1980/s" or 0';

// For editors alone: named one by one so that they complete; with a scope or a window they are known by a pattern.
const completions = {
  delivery: {
    enum: guarantees,
    description:
      'What delivery must keep. Default: at-most-once for acks=0, else at-least-once. none reports without gating.',
  },
  ...Object.fromEntries(
    unscopedMetrics().map((metric) => {
      const { about, unit } = metrics[(parseMetric(metric) as ParsedMetric).name];
      const pattern = `${boundPattern(unit)}|\\$\\{`;
      // 0 alone needs no unit.
      const limits = unit === 'count' || unit === 'share' ? {} : { minimum: 0, maximum: 0 };
      return [
        metric,
        { type: ['string', 'number'], ...limits, pattern, description: `${about}; ${boundForms[unit]}` },
      ];
    }),
  ),
};

/** Bounds by metric name, in the order of the file; `[scope.]metric[.statistic][@window]`. */
export const expect = () =>
  z
    .record(z.string(), z.union([z.string(), z.number()], { error: boundForm }), {
      error: 'a mapping of metrics to bounds',
    })
    .meta({
      properties: completions,
      patternProperties: { [metricPattern()]: { type: ['string', 'number'] } },
      additionalProperties: false,
    })
    .transform((given, context) => {
      const gates: Expectation[] = [];
      let guarantee: Guarantee | undefined;
      for (const [metric, bound] of Object.entries(given)) {
        const gate = metric === 'delivery' ? readGuarantee(bound) : readGate(metric, bound);
        if (typeof gate === 'string') guarantee = gate;
        else if ('name' in gate) gates.push(gate);
        else context.issues.push({ code: 'custom', input: bound, path: [metric], ...gate });
      }
      return { gates, ...(guarantee === undefined ? {} : { delivery: guarantee }) };
    })
    .describe('Gates: a metric to its bound. A gate that fails makes the exit code 1.');

function readGuarantee(text: string | number): Guarantee | GateIssue {
  return guarantees.find((each) => each === text) ?? { message: oneOf(guarantees), params: {} };
}

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
