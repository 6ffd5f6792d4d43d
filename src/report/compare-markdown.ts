import type { Comparison, MetricComparison } from '../judge/compare/schema.ts';
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

/** A comment of a pull request may have 65 536 characters. */
export const longestMarkdown = 60_000;

/** By which a later run finds its own comment, to write it anew. */
export const marker = '<!-- kafka-bench compare -->';

/** Lines that stand or fall one by one between those that open and close them. */
interface Section {
  readonly open: readonly string[];
  readonly lines: readonly string[];
  readonly close: readonly string[];
}

/** For a pull request or a step summary: the verdict first, no more than 60 000 characters, whatever was compared. */
export function renderComparisonMarkdown(comparison: Comparison, longest: number = longestMarkdown): string {
  const { verdict, reasons, metrics, differences, expectations, warnings } = comparison;
  const gated = metrics.filter((metric) => metric.gated);
  const others = metrics.filter((metric) => !metric.gated);
  const sections: Section[] = [
    { open: [`## ${verdictText(verdict)}: ${meaning(comparison)}`, ''], lines: [], close: [] },
    { open: isMock(comparison) ? [`**${mockText}**`, ''] : [], lines: [], close: [] },
    { open: [], lines: reasons.map((reason) => `- ${escaped(reason)}`), close: [''] },
    table(['', 'result', 'trials', 'what', 'delivery'], sideRows(comparison)),
    table(['gate', 'base', 'candidate', 'change', 'interval', 'margin', 'verdict'], gated.map(gateRow)),
    {
      open: [],
      lines: metrics.flatMap((metric) => signNote(metric) ?? []).map(escaped),
      close: [''],
    },
    folded('expectations', expectationLines(expectations)),
    folded('differences', differenceLines(differences)),
    folded(
      `${others.length} more metrics`,
      others.length === 0 ? [] : tableLines(otherHeader, others.map(otherRow)),
    ),
    folded(
      'warnings',
      warnings.map(({ code, message }) => `- ${escaped(`${code}: ${message}`)}`),
    ),
  ];
  return fitted(sections, [escaped(`${methodText(comparison)}.`), '', marker], longest);
}

const isMock = ({ base, candidate }: Comparison): boolean =>
  [base, candidate].some(({ cluster }) => cluster.kind === 'mock');

const otherHeader = ['metric', 'base', 'candidate', 'change', 'interval'];

const sideRows = ({ base, candidate, delivery }: Comparison): string[][] => [
  ['base', ...sideCells(base), deliveryText(delivery.base)],
  ['candidate', ...sideCells(candidate), deliveryText(delivery.candidate)],
];

const otherRow = (metric: MetricComparison): string[] => [
  metric.metric,
  valueText(metric, metric.base.median),
  valueText(metric, metric.candidate.median),
  changeText(metric),
  intervalText(metric),
];

const gateRow = (metric: MetricComparison): string[] => [
  ...otherRow(metric),
  marginText(metric),
  verdictText(metric.verdict),
];

const expectationLines = (expectations: Comparison['expectations']): string[] =>
  expectations.map(({ metric, bound, ok, trial }) => {
    const told = ok === null ? 'not judged' : ok ? 'ok' : '**FAILED**';
    return `- ${escaped(`${metric} ${bound}`)}: ${told} in ${escaped(trial)}`;
  });

const differenceLines = (differences: Comparison['differences']): string[] =>
  differences.map(
    ({ kind, what, base, candidate, standing }) =>
      `- ${escaped(`${kind} ${what}: ${base} / ${candidate} (${standing})`)}`,
  );

/** Names and messages are somebody else's text: none of it may end a cell or become markup. */
function escaped(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/[\\`*_[\]|~#@]/g, (mark) => (mark === '@' ? '&#64;' : `\\${mark}`));
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function tableLines(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [row(header), row(header.map(() => '---')), ...rows.map((cells) => row(cells.map(escaped)))];
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): Section {
  if (rows.length === 0) return { open: [], lines: [], close: [] };
  const [head, rule, ...lines] = tableLines(header, rows);
  return { open: [head!, rule!], lines, close: [''] };
}

function folded(title: string, lines: readonly string[]): Section {
  if (lines.length === 0) return { open: [], lines: [], close: [] };
  return { open: ['<details>', `<summary>${title}</summary>`, ''], lines, close: ['', '</details>', ''] };
}

/** Takes sections in order, each with as many of its lines as there is room for, and says how many are missing. */
function fitted(sections: readonly Section[], end: readonly string[], longest: number): string {
  const size = (lines: readonly string[]) => lines.reduce((sum, line) => sum + line.length + 1, 0);
  const leftOut = (count: number) => ['', `${count} more lines do not fit here.`];
  let room = longest - size(end);
  const taken: string[] = [];
  for (const { open, lines, close } of sections) {
    const frame = size(open) + size(close) + size(leftOut(lines.length));
    if (lines.length + open.length === 0 || frame > room) continue;
    let inside = room - frame;
    const kept = lines.filter((line) => (inside -= line.length + 1) >= 0);
    const missing = lines.length - kept.length;
    const section = [...open, ...kept, ...(missing > 0 ? leftOut(missing) : []), ...close];
    room -= size(section);
    taken.push(...section);
  }
  return [...taken, ...end].join('\n');
}
