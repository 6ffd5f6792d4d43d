import type { MetricComparison } from '../judge/compare/schema.ts';

/** Cells for one margin; the axis spans three to either side. */
const perMargin = 8;
const reach = 3 * perMargin;

/** `better  ┆ margin │ margin ┆  worse`: the head of the column of bars. */
export function barHead(): string {
  const cells = blank();
  const put = (text: string, at: number) => void cells.splice(at, text.length, ...Array.from(text));
  put('better', 0);
  put('worse', 2 * reach + 1 - 'worse'.length);
  put('-margin', reach - perMargin - 3);
  put('+margin', reach + perMargin - 3);
  return cells.join('').trimEnd();
}

/**
 * The effect with its interval against the margin, worse to the right whatever is better: `┆  ├──●──┤  │      ┆`.
 * What lies beyond three margins ends in an arrow. 49 columns; empty where there is no effect or no margin.
 */
export function effectBar({ ratio, interval, margin, better }: MetricComparison): string {
  if (ratio === null || margin === null || !(margin.value > 0)) return '';
  const place = (value: number): number => {
    const worse = (better === 'lower' ? 1 : -1) * Math.log(value);
    const cell = Math.round((worse / Math.log1p(margin.value)) * perMargin);
    return Math.max(-reach, Math.min(reach, cell)) + reach;
  };
  const cells = blank();
  cells[reach - perMargin] = cells[reach + perMargin] = '┆';
  cells[reach] = '│';
  if (interval) {
    const [low, high] = better === 'lower' ? [interval.low, interval.high] : [interval.high, interval.low];
    const [from, to] = [low === null ? 0 : place(low), high === null ? 2 * reach : place(high)];
    for (let i = from; i <= to; i++) cells[i] = '─';
    cells[from] = from === 0 ? '◀' : '├';
    cells[to] = to === 2 * reach ? '▶' : '┤';
  }
  cells[place(ratio)] = '●';
  return cells.join('').trimEnd();
}

const blank = (): string[] => new Array<string>(2 * reach + 1).fill(' ');
