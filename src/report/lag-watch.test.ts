import { describe, expect, it } from 'vitest';
import { renderLagWatch, type LagReading } from './lag-watch.ts';

const partition = (number: number, lag: number | null, topic = 'orders') => ({
  topic,
  partition: number,
  currentOffset: lag === null ? null : 123_456_789 - lag,
  logEndOffset: 123_456_789,
  lag,
  consumerId: 'rdkafka-0c1cfbd3-1ab0-4a8e-8a23-2b3f2f6b1f5e',
  host: '/10.42.17.230',
  clientId: 'billing-7',
});
const reading = (at: number, ...partitions: LagReading['partitions']): LagReading => ({
  at: Date.UTC(2026, 0, 2, 3, 4, 5) + at,
  state: 'Stable',
  partitions,
});
const long = 'payments.settlement.europe-west.reconciled.transactions.v2.deadletter-kb-1a2b3c4d';

describe('lag --watch', () => {
  it('tells the time, the whole lag, how it changes and when the group will be level', () => {
    const before = reading(0, partition(0, 4000), partition(1, 100));
    expect(renderLagWatch('billing', before, null, 80)).toEqual([
      '03:04:05 UTC  billing  Stable, 1 member',
      'lag 4 100',
      'TOPIC   PARTITION  CURRENT-OFFSET  LOG-END-OFFSET   LAG  TREND  CLIENT-ID',
      'orders          0       123452789       123456789  4000      -  billing-7',
      'orders          1       123456689       123456789   100      -  billing-7',
    ]);
    const lines = renderLagWatch(
      'billing',
      reading(2000, partition(0, 2000), partition(1, 200)),
      before,
      120,
    );
    expect(lines[1]).toBe('lag 2 200, shrinking by 950/s: level in 2.32 s');
    expect(lines.slice(2)).toEqual([
      'TOPIC   PARTITION  CURRENT-OFFSET  LOG-END-OFFSET   LAG    TREND  CLIENT-ID  HOST',
      'orders          0       123454789       123456789  2000  -1000/s  billing-7  /10.42.17.230',
      'orders          1       123456589       123456789   200    +50/s  billing-7  /10.42.17.230',
    ]);
  });

  it.each([
    [[0], [0], 'lag 0, level with the log'],
    [[5], [5], 'lag 5, neither more nor less'],
    [[5], [25], 'lag 25, growing by 10/s'],
    [[5], [5, null], 'lag 5, 1 of 2 partitions unknown, neither more nor less'],
    [[5], [null], 'lag unknown: nothing is committed, or no partition has a leader'],
  ])('after %j, %j is: %s', (before, now, text) => {
    const of = (at: number, lags: (number | null)[]) =>
      reading(at, ...lags.map((lag, number) => partition(number, lag)));
    expect(renderLagWatch('g', of(2000, now), of(0, before), 80)[1]).toBe(text);
  });

  it.each([80, 120, 160])('fits %i columns', (width) => {
    const wide = reading(0, partition(0, 98_765_432, long), partition(11, 5), partition(12, null));
    const lines = renderLagWatch(`${long}-readers`, wide, null, width);
    expect(lines.filter((line) => line.length > width)).toEqual([]);
    expect(lines.at(-1)).toMatch(/ 12 .* - /);
    expect(lines.join('\n')).toContain('98765432');
    expect(lines[3]).toMatch(/^payments.*1a2b3c4d? /);
  });

  it('tells what retention has removed, on lines as wide as the others', () => {
    const removed = (topic: string) => ({
      ...partition(3, 9_000_000, topic),
      ...{ removed: 5_000_000, logStartOffset: 119_456_789 },
    });
    const lines = (topic: string, width: number) =>
      renderLagWatch('g', reading(0, partition(0, 1, topic), removed(topic)), null, width).slice(5);
    expect(lines('orders', 160)).toEqual([
      'orders:3: 5000000 of the lag of 9000000 are removed from the log, which begins at 119456789: the group cannot get them',
    ]);
    expect(lines('orders', 80)).toEqual([
      'orders:3: 5000000 of 9000000 removed from the log, which begins at 119456789',
    ]);
    for (const width of [40, 80]) {
      const [line, ...more] = lines(long, width);
      expect(more).toEqual([]);
      expect(line!.length).toBe(width);
      expect(line).toMatch(/^payments.*119456789$/);
    }
  });

  it('says in two lines that there are no partitions', () => {
    expect(renderLagWatch('g', reading(0), null, 80)).toHaveLength(2);
  });
});
