import type { Comparison, MetricComparison } from '../judge/compare/schema.ts';
import {
  changeText,
  deliveryText,
  intervalText,
  marginText,
  meaning,
  mockText,
  sideCells,
  valueText,
} from './compare-text.ts';
import { renderJunit, type Case } from './junit.ts';

/**
 * JUnit XML: one test case a gate. A regression or a broken promise is a failure; what is invalid an error; what
 * could not be told is skipped.
 */
export function renderComparisonJunit(comparison: Comparison): string {
  const cases = [
    comparable(comparison),
    delivery(comparison),
    ...expectations(comparison),
    ...performance(comparison),
  ];
  return renderJunit([{ name: `kafka-bench compare ${comparison.candidate.scenario.name}`, cases }]);
}

function comparable({ differences, base, candidate, reasons, verdict }: Comparison): Case {
  const refused = differences.filter(({ standing }) => standing === 'refused');
  const name = 'comparable';
  const sides = [base, candidate].map((side) => sideCells(side).join(', '));
  const isMock = [base, candidate].some(({ cluster }) => cluster.kind === 'mock');
  const detail = `${sides.join('; ')}${isMock ? `; ${mockText}` : ''}`;
  if (refused.length > 0) {
    const message = refused.map(
      ({ kind, what, base, candidate }) => `${kind} ${what}: ${base} / ${candidate}`,
    );
    return { name, outcome: { kind: 'error', message: message.join('; ') }, detail };
  }
  // A run that did not end has no gate of its own.
  const broken = reasons.filter((reason) => / (failed|aborted) in \w+: /.test(reason));
  if (verdict === 'INVALID' && broken.length > 0)
    return { name, outcome: { kind: 'error', message: broken.join('; ') }, detail };
  return { name, outcome: null, detail };
}

function delivery({ delivery }: Comparison): Case {
  const kinds = { PASS: null, FAILED: 'failure', INVALID: 'error', 'NOT CHECKED': 'skipped' } as const;
  const kind = kinds[delivery.gate];
  const detail = `base: ${deliveryText(delivery.base)}; candidate: ${deliveryText(delivery.candidate)}`;
  return {
    name: 'delivery',
    outcome: kind && { kind, message: delivery.reasons.join('; ') },
    detail,
  };
}

/** The same gate in several trials is one case. */
function expectations({ expectations }: Comparison): Case[] {
  const names = [...new Set(expectations.map(({ metric, bound }) => `expect ${metric} ${bound}`))];
  return names.map((name) => {
    const all = expectations.filter(({ metric, bound }) => `expect ${metric} ${bound}` === name);
    const bad = all.find(({ ok }) => ok === false) ?? all.find(({ ok }) => ok === null);
    if (!bad) return { name, outcome: null };
    const why = `${bad.ok === null ? 'not judged' : 'failed'} in ${bad.trial}${bad.reason === undefined ? '' : `: ${bad.reason}`}`;
    return { name, outcome: { kind: bad.ok === null ? 'error' : 'failure', message: why } };
  });
}

function performance(comparison: Comparison): Case[] {
  const gated = comparison.metrics.filter((metric) => metric.gated);
  if (gated.length > 0) return gated.map(metricCase);
  const why = comparison.reasons.find((reason) => reason.startsWith('performance')) ?? meaning(comparison);
  return [{ name: 'performance', outcome: { kind: 'skipped', message: why } }];
}

function metricCase(metric: MetricComparison): Case {
  const kinds = {
    REGRESSED: 'failure',
    IMPROVED: null,
    EQUIVALENT: null,
    INCONCLUSIVE: 'skipped',
    INVALID: 'error',
  } as const;
  const { verdict, reason } = metric;
  const kind = verdict === null ? 'skipped' : kinds[verdict];
  const numbers = `${valueText(metric, metric.base.median)} / ${valueText(metric, metric.candidate.median)}`;
  return {
    name: metric.metric,
    outcome: kind && { kind, message: verdict === null ? reason : `${verdict}: ${reason}` },
    detail: `${verdict ?? 'no verdict'}: ${numbers}, ${changeText(metric)} (${intervalText(metric)}), margin ${marginText(metric)}`,
  };
}
