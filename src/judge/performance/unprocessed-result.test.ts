import { describe, expect, it } from 'vitest';
import { consumerReport } from '../../trial/evidence.case.ts';
import { unprocessedResult } from './unprocessed-result.ts';

const deadLetter = { topic: 'dead', afterAttempts: 3 };
const message = (offset: number) => ({
  ...{ topic: 't-1', partition: 0, offset, error: 'no', attempts: 3 },
  deadLetter: { topic: 'dead-1', partition: 0, offset },
});
const reports = [0, 1].map((half) =>
  consumerReport({
    ...{ failed: 8, deadLettered: 9 },
    unprocessed: Array.from({ length: 8 }, (_, i) => message(8 * half + i)),
  }),
);

describe('unprocessedResult', () => {
  it('adds the clients up and shows the first of what they gave up', () => {
    const result = unprocessedResult({ processing: { failures: 0.01 }, deadLetter }, reports);
    expect(result).toMatchObject({ failed: 16, deadLettered: 18 });
    expect(result.unprocessed!.map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('counts nothing that cannot be', () => {
    expect(unprocessedResult({ deadLetter }, reports)).toMatchObject({ failed: null, deadLettered: 18 });
    expect(unprocessedResult({ processing: { failures: 1 } }, reports)).toMatchObject({
      ...{ failed: 16, deadLettered: null },
    });
    expect(unprocessedResult({ processing: { time: 1000, failures: 0 } }, reports)).toEqual({});
    expect(unprocessedResult({}, reports)).toEqual({});
  });
});
