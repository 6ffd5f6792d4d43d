import type { Comparison, MetricComparison } from '../compare/schema.ts';
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

/** How a test case ended that did not pass, and why. */
interface Outcome {
  readonly kind: 'failure' | 'error' | 'skipped';
  readonly message: string;
}

interface Case {
  readonly name: string;
  readonly outcome: Outcome | null;
  readonly detail?: string;
}

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
  const count = (kind: Outcome['kind']) => cases.filter(({ outcome }) => outcome?.kind === kind).length;
  const suite = `kafka-bench compare ${comparison.candidate.scenario.name}`;
  const totals = attributes({
    tests: cases.length,
    failures: count('failure'),
    errors: count('error'),
    skipped: count('skipped'),
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${totals}>`,
    `  <testsuite${attributes({ name: suite })}${totals}>`,
    ...cases.flatMap((each) => testcase(suite, each)),
    '  </testsuite>',
    '</testsuites>',
  ].join('\n');
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

function testcase(suite: string, { name, outcome, detail }: Case): string[] {
  const attrs = attributes({ classname: suite, name });
  const inside = [
    ...(outcome ? [`      <${outcome.kind}${attributes({ message: outcome.message })}/>`] : []),
    ...(detail === undefined ? [] : [`      <system-out>${escaped(detail)}</system-out>`]),
  ];
  if (inside.length === 0) return [`    <testcase${attrs}/>`];
  return [`    <testcase${attrs}>`, ...inside, '    </testcase>'];
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
};

/** What XML 1.0 cannot hold in any spelling, half a surrogate pair among it, is replaced. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"\n]/g, (mark) => entities[mark]!);
}
