import { formatNumber } from '../src/base/units.ts';
import type { Context } from './section.ts';

export interface Alternative<Sample> {
  readonly name: string;
  readonly measure: () => Promise<Sample>;
}

/**
 * A, B, C, then B, C, A, …: what else happens on the machine meets all of them alike, and none is always first.
 * @returns samples by the alternative's name, in order of the rounds
 */
export async function interleave<Sample>(
  alternatives: readonly Alternative<Sample>[],
  { rounds, signal, status }: Context,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const samples = new Map(alternatives.map(({ name }) => [name, [] as Sample[]]));
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < alternatives.length; i++) {
      const { name, measure } = alternatives[(i + round) % alternatives.length]!;
      signal.throwIfAborted();
      status(`round ${round + 1} of ${rounds}: ${name}`);
      samples.get(name)!.push(await measure());
    }
  }
  return samples;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle]!;
  return sorted.length === 0 ? NaN : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** `median [least–most]`, or the value alone where it was measured once. */
export function spread(values: readonly number[], write: (value: number) => string = formatNumber): string {
  if (values.length < 2) return write(median(values));
  return `${write(median(values))} [${write(Math.min(...values))}–${write(Math.max(...values))}]`;
}

/** Of neighbours in time: each round's own ratio, not a ratio of medians. */
export function ratios(of: readonly number[], to: readonly number[]): number[] {
  return of.map((value, round) => value / (to[round] ?? NaN));
}

export function writeRatio(value: number): string {
  return value.toFixed(2);
}

/** Cells of a row: thousands of messages a second, and CPU µs a message. */
export function throughputCells(
  samples: readonly { readonly perSecond: number; readonly cpuPerMessage: number }[],
): [perSecond: string, cpu: string] {
  return [
    spread(
      samples.map(({ perSecond }) => perSecond / 1000),
      (thousands) => thousands.toFixed(0),
    ),
    spread(
      samples.map(({ cpuPerMessage }) => cpuPerMessage),
      (micros) => micros.toFixed(2),
    ),
  ];
}
