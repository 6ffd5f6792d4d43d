import { expect, it } from 'vitest';
import { formatRate } from '../base/units.ts';
import { calibrate } from './calibrate.ts';

/** Rounds of one cell after another, as a machine would give them that others use too. */
async function calibrated(rounds: Readonly<Record<number, readonly (number | null)[]>>) {
  const left = new Map(Object.entries(rounds).map(([bytes, each]) => [Number(bytes), [...each]]));
  const asked: number[] = [];
  const { calibration, doubts } = await calibrate({
    env: {},
    progress: () => undefined,
    sizes: [...left.keys()],
    processes: [1],
    measureOnce: ({ ackSource, bytes }) => {
      if (ackSource === 'tap') return Promise.resolve(null);
      asked.push(bytes);
      return Promise.resolve(left.get(bytes)!.shift() ?? null);
    },
  });
  return { ceilings: calibration.ceilings.map(({ perSecond }) => perSecond), doubts, asked };
}

it('measures until the best two rounds agree, and takes the best', async () => {
  expect(await calibrated({ 100: [1000, 1050], 1024: [300, 700, 500, 680] })).toEqual({
    ceilings: [1050, 700],
    doubts: [],
    asked: [100, 100, 1024, 1024, 1024, 1024],
  });
});

it('says where they never agree, and keeps asking no longer', async () => {
  const { doubts, asked } = await calibrated({ 100: [100, 200, 300, 400, 500, 600] });
  expect(asked).toHaveLength(6);
  expect(doubts).toEqual([
    `delivery-reports, 1 process, 100 B: 6 rounds do not agree, the best two came to ${formatRate(600)} and ${formatRate(500)}`,
  ]);
});

it('does not believe a table in which more bytes go faster', async () => {
  const { doubts } = await calibrated({ 100: [500, 505], 1024: [700, 690], 10_240: [100, 100] });
  expect(doubts).toEqual([
    'delivery-reports, 1 process, 1024 B came out faster than delivery-reports, 1 process, 100 B',
  ]);
  expect((await calibrated({ 100: [500, 505], 1024: [520, 510] })).doubts).toEqual([]);
});
