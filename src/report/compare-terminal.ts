import type { Comparison, MetricComparison } from '../judge/compare/schema.ts';
import { barHead, effectBar } from './compare-bar.ts';
import {
  changeText,
  deliveryText,
  intervalText,
  marginText,
  meaning,
  methodText,
  mockText,
  sideCells,
  signNote,
  valueText,
  verdictText,
} from './compare-text.ts';
import { plain, type Paint } from './paint.ts';
import { renderTable } from './table.ts';

const columns = 80;
const indent = '  ';

/**
 * A comparison as a person reads it in a terminal: the verdict, what was compared, gates with their effect against
 * the margin, then the rest. At most 80 columns, but for labels and messages.
 */
export function renderComparison(comparison: Comparison, paint: Paint = plain): string {
  const gated = comparison.metrics.filter((metric) => metric.gated);
  const others = comparison.metrics.filter((metric) => !metric.gated);
  const parts = [
    head(comparison, paint),
    decided(comparison, gated, paint),
    gateTable(gated, paint),
    bars(gated, paint),
    notes(gated),
    otherTable(others, gated.length > 0),
    signNotes([...gated, ...others]),
    differences(comparison, paint),
    expectations(comparison, paint),
    doubts(comparison, gated, paint),
  ];
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function head(comparison: Comparison, paint: Paint): string[] {
  const { verdict, base, candidate, delivery } = comparison;
  const told = paint[colourOf(verdict)](verdictText(verdict));
  const sides = renderTable(
    [
      ['base', ...sideCells(base)],
      ['candidate', ...sideCells(candidate)],
    ],
    ['left', 'left', 'right', 'left'],
  );
  const same = deliveryText(delivery.base) === deliveryText(delivery.candidate);
  const deliveries = same
    ? `${deliveryText(delivery.base)} on both sides`
    : `base ${deliveryText(delivery.base)}; candidate ${deliveryText(delivery.candidate)}`;
  const colour = { PASS: 'good', FAILED: 'bad', INVALID: 'warn', 'NOT CHECKED': 'dim' } as const;
  return [
    `compare  ${told}  ${meaning(comparison)}`,
    ...sides,
    `delivery   ${paint[colour[delivery.gate]](deliveries)}`,
    ...(base.cluster.kind === 'mock' || candidate.cluster.kind === 'mock' ? [paint.warn(mockText)] : []),
  ];
}

function colourOf(verdict: Comparison['verdict']): 'good' | 'bad' | 'warn' {
  if (verdict === 'IMPROVED' || verdict === 'EQUIVALENT') return 'good';
  return verdict === 'FAILED' || verdict === 'REGRESSED' ? 'bad' : 'warn';
}

/** What decided, where no line of a metric says it. */
function decided({ reasons }: Comparison, gated: readonly MetricComparison[], paint: Paint): string[] {
  const ofMetrics = gated.map(({ metric, verdict }) => `${metric} ${verdict ?? 'without'}`);
  return reasons
    .filter((reason) => !ofMetrics.some((start) => reason.startsWith(start)))
    .flatMap((reason) => wrapped(reason, '', 'warn', paint));
}

const gateColumns = ['gate', 'base', 'candidate', 'change', 'interval', 'verdict'];

function gateTable(gated: readonly MetricComparison[], paint: Paint): string[] {
  if (gated.length === 0) return [];
  const cells = gated.map((metric) => [...numbers(metric), verdictText(metric.verdict)]);
  const table = named(gateColumns, gated, cells, ['right', 'right', 'right', 'right', 'left']);
  return table.map((line, i) => {
    const metric = gated[i - 1];
    if (!metric) return line;
    const told = verdictText(metric.verdict);
    return `${line.slice(0, line.length - told.length)}${paint[colourOf(metric.verdict)](told)}`;
  });
}

function otherTable(others: readonly MetricComparison[], besideGates: boolean): string[] {
  const header = [besideGates ? 'not gated' : 'measured', ...gateColumns.slice(1, -1)];
  if (others.length === 0) return [];
  return named(header, others, others.map(numbers), ['right', 'right', 'right', 'right']);
}

const numbers = (metric: MetricComparison): string[] => [
  valueText(metric, metric.base.median),
  valueText(metric, metric.candidate.median),
  changeText(metric),
  intervalText(metric),
];

/** A table with the metrics' names before their cells, shortened at the front where it would get too wide. */
function named(
  header: readonly string[],
  list: readonly MetricComparison[],
  cells: readonly (readonly string[])[],
  alignments: readonly ('left' | 'right')[],
): string[] {
  const rest = renderTable([header.slice(1), ...cells], alignments);
  const room = columns - 2 - Math.max(...rest.map((line) => Array.from(line).length));
  const rows = list.map(({ metric }, i) => [shortened(metric, room), ...cells[i]!]);
  return renderTable([header, ...rows], ['left', ...alignments]);
}

function shortened(name: string, room: number): string {
  return name.length <= room ? name : `…${name.slice(name.length - Math.max(1, room) + 1)}`;
}

function bars(gated: readonly MetricComparison[], paint: Paint): string[] {
  const drawn = gated.map((metric) => ({ metric, bar: effectBar(metric) })).filter(({ bar }) => bar !== '');
  if (drawn.length === 0) return [];
  const rows = [
    ['', 'margin', barHead()],
    ...drawn.map(({ metric, bar }) => [shortened(metric.metric, 21), marginText(metric), bar]),
  ];
  return renderTable(rows, ['left', 'right', 'left']).map((line, i) => (i === 0 ? paint.dim(line) : line));
}

const notes = (gated: readonly MetricComparison[]): string[] =>
  gated.flatMap(({ metric, reason }) => (reason === '' ? [] : wrapped(`${metric}: ${reason}`, '')));

const signNotes = (shown: readonly MetricComparison[]): string[] =>
  shown.flatMap((metric) => {
    const note = signNote(metric);
    return note === null ? [] : wrapped(note, '');
  });

function differences({ differences }: Comparison, paint: Paint): string[] {
  const shown = differences.filter(({ standing }) => standing !== 'refused');
  if (shown.length === 0) return [];
  const standing = {
    subject: 'the subject',
    allowed: 'allowed',
    informs: 'performance does not gate',
    refused: '',
  };
  return [
    'the sides differ',
    ...shown.flatMap((each) =>
      wrapped(
        `${each.kind} ${each.what}: ${each.base} / ${each.candidate} (${standing[each.standing]})`,
        indent,
        'warn',
        paint,
      ),
    ),
  ];
}

function expectations({ expectations }: Comparison, paint: Paint): string[] {
  if (expectations.length === 0) return [];
  const held = expectations.filter(({ ok }) => ok === true).length;
  const text = `expectations of the candidate: ${held} of ${expectations.length} held`;
  return [held === expectations.length ? paint.good(text) : text];
}

function doubts(comparison: Comparison, gated: readonly MetricComparison[], paint: Paint): string[] {
  const told = comparison.warnings.filter(({ code }) => code !== 'mock-cluster');
  return [
    ...(gated.length > 0 ? [paint.dim(methodText(comparison))] : []),
    ...told.flatMap(({ code, message }) => wrapped(`warning ${code}: ${message}`, '', 'warn', paint)),
  ];
}

/** Lines of at most 80 columns, continued with an indent; a word that is longer has a line of its own. */
function wrapped(text: string, start: string, as: keyof Paint = 'dim', paint: Paint = plain): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    const fits = last !== undefined && Array.from(last).length + 1 + Array.from(word).length <= columns;
    if (fits) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`${start}${lines.length === 0 ? '' : indent}${word}`);
  }
  return lines.map((line) => paint[as](line));
}
