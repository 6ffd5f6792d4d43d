import { expect, it } from 'vitest';
import { changeText, signNote } from './compare-text.ts';

const metric = (base: number, candidate: number, ratio: number | null) =>
  ({
    metric: 'ack.p99',
    ratio,
    base: { median: base },
    candidate: { median: candidate },
  }) as Parameters<typeof changeText>[0];

it('says which is shown where the medians went the other way than the estimate', () => {
  const odd = metric(506_000, 523_000, 0.979);
  expect(changeText(odd)).toBe('-2.1 %*');
  expect(signNote(odd)).toBe(
    '* ack.p99: -2.1 % is the estimate over all pairs of trials; the medians differ by +3.4 %',
  );
});

it.each([
  [metric(506, 523, 1.02), '+2.0 %'],
  [metric(500, 500, 0.979), '-2.1 %'],
  [metric(506, 523, null), '-'],
])('says nothing where they agree', (each, change) => {
  expect(changeText(each)).toBe(change);
  expect(signNote(each)).toBeNull();
});
