import { z } from 'zod';
import { differenceKinds } from '../../base/choices.ts';

/** Of comparisons; readers accept the same major version. */
export const comparisonVersion = '1.0';

const list = <T extends z.ZodType>(of: T) => z.array(of).readonly();
const count = z.int().nonnegative();

const difference = z
  .object({
    kind: z.enum(differenceKinds),
    what: z.string(),
    base: z.string(),
    candidate: z.string(),
    standing: z
      .enum(['refused', 'subject', 'allowed', 'informs'])
      .describe(
        'subject: declared to be what is compared; allowed: with --allow-env-diff; informs: performance does not gate',
      ),
  })
  .describe('Something in which the two sides differ beside what was measured');

const side = z.object({
  label: z.string(),
  scenario: z.object({ name: z.string(), sha256: z.string() }),
  cluster: z.object({
    kind: z.string(),
    version: z.string().nullable(),
    brokers: count,
    addresses: list(z.string()).exactOptional().describe('host:port of the brokers of an external cluster'),
  }),
  trials: count,
  runs: list(
    z.object({
      runId: z.string(),
      startedAt: z.string(),
      file: z.string().nullable(),
      git: z.string().nullable(),
    }),
  ),
});

const deliverySide = z.object({
  verdicts: z.record(z.string(), count).describe('trials by verdict'),
  anomalies: z.record(z.string(), count).describe('sums over all trials, by kind'),
});

const delivery = z.object({
  gate: z.enum(['PASS', 'FAILED', 'INVALID', 'NOT CHECKED']),
  reasons: list(z.string()),
  base: deliverySide,
  candidate: deliverySide,
});

const expectation = z.object({
  trial: z.string(),
  metric: z.string(),
  bound: z.string(),
  value: z.number().nullable(),
  ok: z.boolean().nullable(),
  reason: z.string().exactOptional(),
});

const values = z.object({
  values: list(z.number().nullable()).describe('by trial, in the metric’s unit; null where it is excluded'),
  median: z.number().nullable(),
  used: count,
});

const margin = z.object({
  value: z.number().describe('0.05: a change by 5 % up, or by 1 - 1/1.05 down, is the least that matters'),
  asked: z.number(),
  raised: z.boolean().describe('to the noise floor: what two runs of the same differ by'),
});

export const metricVerdicts = ['REGRESSED', 'IMPROVED', 'EQUIVALENT', 'INCONCLUSIVE', 'INVALID'] as const;

export const metricComparison = z.object({
  metric: z.string(),
  better: z.enum(['higher', 'lower']),
  gated: z.boolean(),
  base: values,
  candidate: values,
  excluded: list(
    z.object({
      side: z.enum(['base', 'candidate']),
      trial: z.string(),
      code: z.string(),
      message: z.string(),
    }),
  ),
  ratio: z.number().nullable().describe('candidate to base: Hodges and Lehmann’s estimate'),
  interval: z
    .object({
      low: z.number().nullable().describe('null: no bound'),
      high: z.number().nullable(),
      confidence: z.number().describe('attained, 0.95 or more'),
    })
    .nullable()
    .describe('of the ratio; null where there is none'),
  p: z.number().nullable().describe('two-sided, of this metric alone'),
  adjustedP: z.number().nullable().describe('Holm, over the gated metrics'),
  equivalenceP: z.number().nullable().describe('two one-sided tests against the margin'),
  margin: margin.nullable().describe('null where it does not gate'),
  verdict: z.enum(metricVerdicts).nullable().describe('null: it does not gate, or too few trials'),
  significant: z.boolean().describe('adjustedP is at most alpha: the change is real, however small'),
  reason: z.string(),
  detectable: z
    .number()
    .nullable()
    .describe(
      'the least change for the worse that such trials would find 4 times in 5: 0.12 is 12 % up, -0.1 is 10 % down',
    ),
  trialsNeeded: count
    .nullable()
    .describe('pairs, or trials a side, for a verdict 4 times in 5; null: not known, or above 1000'),
});

export const comparison = z
  .object({
    schemaVersion: z.string(),
    verdict: z
      .enum(['FAILED', ...metricVerdicts])
      .nullable()
      .describe(
        'FAILED: the candidate broke a promise (delivery, expectation); null: nothing failed and no performance was judged',
      ),
    reasons: list(z.string()).describe('what decided, the worst first'),
    design: z.enum(['paired', 'unpaired']),
    alpha: z.number(),
    strict: z.boolean().describe('the whole interval has to lie beyond the margin'),
    base: side,
    candidate: side,
    differences: list(difference),
    delivery,
    expectations: list(expectation).describe('of the candidate'),
    metrics: list(metricComparison).describe(
      'those that gate first; empty where the sides are not comparable',
    ),
    warnings: list(z.object({ code: z.string(), message: z.string() })),
  })
  .describe('Two sets of kafka-bench trials compared');

export type Comparison = z.output<typeof comparison>;
export type MetricComparison = z.output<typeof metricComparison>;
export type MetricVerdict = (typeof metricVerdicts)[number];
export type Difference = z.output<typeof difference>;
export function comparisonJsonSchema(): object {
  return z.toJSONSchema(comparison, {
    target: 'draft-07',
    io: 'input',
    // A matter of TypeScript; in JSON Schema the word means what a server alone may set.
    override: ({ jsonSchema }) => delete jsonSchema.readOnly,
  });
}
