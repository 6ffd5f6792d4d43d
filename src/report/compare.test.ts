import { describe, expect, it } from 'vitest';
import { compareBlocks, compareSamples, type CompareOptions } from '../judge/compare/compare.ts';
import { noise, sample, side, turned, type Made } from '../judge/compare/sample.case.ts';
import type { Sample } from '../judge/compare/sample.ts';
import { comparison as comparisonSchema, type Comparison } from '../judge/compare/schema.ts';
import { runResultOf } from '../results/sample.case.ts';
import { effectBar } from './compare-bar.ts';
import { renderComparisonJunit } from './compare-junit.ts';
import { marker, renderComparisonMarkdown } from './compare-markdown.ts';
import { renderComparison } from './compare-terminal.ts';
import type { Paint } from './paint.ts';

/** Names that do not depend on which tests ran before. */
const named = (prefix: string, samples: readonly Sample[]): Sample[] =>
  samples.map((each, i) => ({
    ...each,
    file: `${prefix}-${i + 1}.json`,
    run: { ...each.run, runId: `${prefix}${i + 1}` },
  }));

const compared = (base: Sample[], candidate: Sample[], options: CompareOptions = {}): Comparison =>
  compareSamples(named('base', base), named('new', candidate), {
    labels: { base: 'results/base', candidate: 'results/new' },
    ...options,
  });

const { cluster, environment, scenario } = runResultOf();
const shared: Made['validity'] = {
  ok: true,
  reasons: [
    {
      code: 'shared-machine',
      severity: 'warn',
      metrics: [],
      message: 'the brokers run on this machine: harness and brokers compete for its processors',
      value: 1,
      threshold: 0,
    },
  ],
};

const blocks = noise.slice(0, 8).map((each, i) => {
  const slow = 1 + i / 10;
  return {
    base: named(`a${i}`, [sample({ latency: slow * (1 + each), rate: 5000 * (1 + each / 10) })])[0]!,
    candidate: named(`b${i}`, [
      sample({ latency: slow * 1.15 * (1 - each), rate: 5000 * (1 - each / 10) }),
    ])[0]!,
  };
});

const comparisons: Readonly<Record<string, Comparison>> = {
  regressed: compareBlocks(blocks, { labels: { base: 'A acks1.yaml', candidate: 'B acksall.yaml' } }),
  improved: compared(
    side(8, { closedLoop: true, rate: 700_000 }),
    turned(side(8, { closedLoop: true, rate: 823_045 })),
  ),
  equivalent: compared(side(8, { validity: shared }), turned(side(8, { validity: shared }))),
  inconclusive: compared(side(8, {}, 20), turned(side(8, {}, 20)), {
    noiseFloor: new Map([['ack.p50', 0.081]]),
  }),
  'no-verdict': compared([sample()], [sample({ latency: 2 })]),
  'delivery-failed': compared(side(8), [
    ...side(7, { latency: 0.5 }),
    sample({ delivery: { verdict: 'FAIL', reasons: ['lost: 1234'], anomalies: { lost: 1234 } } }),
  ]),
  refused: compared(
    side(8),
    side(8, {
      run: {
        scenario: {
          ...scenario,
          sha256: '01',
          resolved: { producers: [{ name: 'writer', rate: '9000/s', client: { 'linger.ms': 50 } }] },
        },
        environment: { ...environment, librdkafka: '2.99.0' },
      },
    }),
  ),
  'another-machine': compared(
    side(8),
    side(8, {
      run: {
        environment: { ...environment, cpu: 'another processor', cores: 64 },
        expectations: [
          { metric: 'ack.p99', bound: '<= 20ms', value: 9900, ok: true },
          { metric: 'throughput', bound: '>= 9000/s', value: 5000, ok: false },
        ],
      },
    }),
  ),
  mock: compared(
    side(8, { closedLoop: true, run: { cluster: { ...cluster, kind: 'mock', version: null } } }),
    turned(side(8, { closedLoop: true, run: { cluster: { ...cluster, kind: 'mock', version: null } } })),
  ),
};

const all = Object.entries(comparisons);
const widthOf = (line: string) => Array.from(line).length;

describe('the verdicts are those that the names say', () => {
  it('so that each rendering shows what it should', () => {
    expect(all.map(([, { verdict }]) => verdict)).toEqual([
      'REGRESSED',
      'IMPROVED',
      'EQUIVALENT',
      'INCONCLUSIVE',
      null,
      'FAILED',
      'INVALID',
      'FAILED',
      'EQUIVALENT',
    ]);
  });
});

describe('in a terminal', () => {
  // `npx vitest run src/report -u` writes the files anew.
  it.each(all)('%s', async (name, comparison) => {
    await expect(`${renderComparison(comparison)}\n`).toMatchFileSnapshot(`./golden/compare-${name}.txt`);
  });

  it.each(all)('%s is at most 80 columns wide', (_, comparison) => {
    for (const line of renderComparison(comparison).split('\n'))
      expect(widthOf(line), line).toBeLessThanOrEqual(80);
  });

  it('stays so with long names and large numbers', () => {
    const gates = ['throughput', 'ack.p99', 'writer-of-orders-and-more.ack.p99'].map((metric) => ({
      metric,
      margin: 0.1,
    }));
    const wide: Made = { rate: 12_345_678, latency: 900 };
    const rename = (samples: Sample[]): Sample[] =>
      samples.map((each) => {
        const [producer] = each.trial.producers;
        const producers = [{ ...producer!, name: 'writer-of-orders-and-more' }];
        return { ...each, trial: { ...each.trial, producers } };
      });
    const comparison = compared(rename(side(8, wide)), rename(side(8, { ...wide, latency: 90_000 })), {
      gates,
    });
    const text = renderComparison(comparison);
    expect(text).toContain('…');
    for (const line of text.split('\n')) expect(widthOf(line), line).toBeLessThanOrEqual(80);
  });

  it('keeps its columns where text is painted', () => {
    const mark = (text: string) => `\u001b[1m${text}\u001b[22m`;
    const paint: Paint = { bold: mark, dim: mark, good: mark, bad: mark, warn: mark };
    for (const [, comparison] of all) {
      const painted = renderComparison(comparison, paint);
      expect(painted).toContain('\u001b[1m');
      // eslint-disable-next-line no-control-regex -- the marks are what is taken out
      expect(painted.replaceAll(/\u001b\[\d+m/g, '')).toBe(renderComparison(comparison));
    }
  });

  it('says MOCK where it was one, as every rendering does', () => {
    for (const render of [renderComparison, renderComparisonMarkdown, renderComparisonJunit]) {
      expect(render(comparisons['mock']!)).toContain('MOCK');
      expect(render(comparisons['equivalent']!)).not.toContain('MOCK');
    }
  });
});

describe('the bar of an effect', () => {
  const metric = comparisons['regressed']!.metrics[0]!;
  const draw = (better: 'lower' | 'higher', ratio: number, low: number | null, high: number | null) =>
    effectBar({
      ...metric,
      better,
      ratio,
      interval: { low, high, confidence: 0.96 },
      margin: { value: 0.1, asked: 0.1, raised: false },
    });

  it('has worse on the right, whatever is better', () => {
    expect(draw('lower', 1.1 ** 2, 1.1, 1.1 ** 2.5)).toBe(
      `${' '.repeat(16)}┆${' '.repeat(7)}│${' '.repeat(7)}├───────●───┤`,
    );
    expect(draw('higher', 1.1 ** -2, 1.1 ** -2.5, 1 / 1.1)).toBe(draw('lower', 1.1 ** 2, 1.1, 1.1 ** 2.5));
    expect(draw('lower', 1, 1 / 1.05, 1.05)).toBe(`${' '.repeat(16)}┆   ├───●───┤   ┆`);
  });

  it('ends in arrows beyond three margins, and where there is no bound', () => {
    expect(draw('lower', 5, null, null)).toBe(`◀${'─'.repeat(47)}●`);
    expect(draw('lower', 1, null, 1.05)).toMatch(/^◀─+●─+┤ +┆$/);
    expect(draw('higher', 1, null, 1.05)).toMatch(/├─+●─+▶$/);
  });
});

describe('as markdown', () => {
  it.each(all)('%s', async (name, comparison) => {
    const text = renderComparisonMarkdown(comparison);
    await expect(`${text}\n`).toMatchFileSnapshot(`./golden/compare-${name}.md`);
    expect(text).toMatch(/^## (FAILED|REGRESSED|IMPROVED|EQUIVALENT|INCONCLUSIVE|INVALID|no verdict): /);
    expect(text.endsWith(marker)).toBe(true);
  });

  it('has at most 60 000 characters, whole sections and the verdict, whatever was compared', () => {
    const base = comparisons['regressed']!;
    const huge: Comparison = {
      ...base,
      reasons: Array.from({ length: 3000 }, (_, i) => `reason ${i} ${'x'.repeat(50)}`),
      metrics: Array.from({ length: 3000 }, (_, i) => ({
        ...base.metrics[i % base.metrics.length]!,
        metric: `writer${i}.ack.p50`,
      })),
      warnings: Array.from({ length: 3000 }, (_, i) => ({
        code: 'w',
        message: `warning ${i} ${'y'.repeat(100)}`,
      })),
    };
    for (const longest of [60_000, 20_000, 3000, 1000]) {
      const text = renderComparisonMarkdown(huge, longest);
      expect(text.length).toBeLessThanOrEqual(longest);
      expect(text.startsWith('## REGRESSED: ')).toBe(true);
      expect(text.endsWith(marker)).toBe(true);
      expect(text.match(/<details>/g)?.length).toBe(text.match(/<\/details>/g)?.length);
      expect(text).toMatch(/\d+ more lines do not fit here\./);
    }
    expect(renderComparisonMarkdown(huge).length).toBeGreaterThan(55_000);
  });

  it('lets no name or message become markup, end a cell or call somebody', () => {
    const base = comparisons['equivalent']!;
    const evil = 'a|b <img src=x> `code` [link](x) @team **b**\n\n# head';
    const text = renderComparisonMarkdown({
      ...base,
      base: { ...base.base, label: evil },
      reasons: [evil],
      warnings: [{ code: 'w', message: evil }],
    });
    expect(text).not.toContain('<img');
    expect(text).not.toContain('@team');
    expect(text).not.toMatch(/^# head/m);
    const rows = text.split('\n').filter((line) => line.startsWith('| base |'));
    expect(rows).toHaveLength(1);
    expect(rows[0]!.match(/(?<!\\)\|/g)).toHaveLength(6);
  });
});

describe('as JSON', () => {
  it('is the comparison, whole', async () => {
    const text = JSON.stringify(comparisons['regressed'], null, 1);
    await expect(`${text}\n`).toMatchFileSnapshot('./golden/compare-regressed.json');
    expect(comparisonSchema.parse(JSON.parse(text))).toEqual(comparisons['regressed']);
  });
});

describe('as JUnit XML', () => {
  it.each(all)('%s', async (name, comparison) => {
    await expect(`${renderComparisonJunit(comparison)}\n`).toMatchFileSnapshot(
      `./golden/compare-${name}.xml`,
    );
  });

  const outcomes = (comparison: Comparison) => {
    const text = renderComparisonJunit(comparison);
    const counts = Object.fromEntries(
      ['failure', 'error', 'skipped'].map((kind) => [
        kind,
        text.match(new RegExp(`<${kind} `, 'g'))?.length ?? 0,
      ]),
    );
    const said =
      /<testsuite name="[^"]*" tests="(\d+)" failures="(\d+)" errors="(\d+)" skipped="(\d+)">/.exec(text)!;
    expect(said.slice(1).map(Number)).toEqual([
      text.match(/<testcase /g)!.length,
      counts['failure'],
      counts['error'],
      counts['skipped'],
    ]);
    return counts;
  };

  it('fails where the exit code is 1, and only there; errs where it is 3', () => {
    for (const [name, comparison] of all) {
      const { failure, error } = outcomes(comparison);
      const isFailure = comparison.verdict === 'FAILED' || comparison.verdict === 'REGRESSED';
      expect(failure! > 0, name).toBe(isFailure);
      if (comparison.verdict === 'INVALID') expect(error, name).toBeGreaterThan(0);
    }
    const broken = sample({
      run: { outcome: { state: 'failed', phase: 'measure', reason: 'a worker died' } },
    });
    expect(outcomes(compared(side(8), [...side(7), broken]))['error']).toBeGreaterThan(0);
  });

  it('stays XML with whatever stands in a name', () => {
    const base = comparisons['equivalent']!;
    const text = renderComparisonJunit({
      ...base,
      candidate: {
        ...base.candidate,
        label: 'a<b>&"c"\u0000\u001b[1m\ud800',
        scenario: { name: '"<&>', sha256: '' },
      },
    });
    expect(text).toContain('a&lt;b&gt;&amp;&quot;c&quot;\ufffd\ufffd[1m\ufffd');
    // eslint-disable-next-line no-control-regex -- that is what must not be there
    expect(text).not.toMatch(/[\u0000-\u0008]/);
  });
});
