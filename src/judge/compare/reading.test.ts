import { expect, it } from 'vitest';
import { restoreHistogram } from '../../measure/summary.ts';
import { histogramResult, producerResult, runResultOf, trialResult } from '../../results/sample.case.ts';
import { ratioMetric } from './gates.ts';
import { readSample } from './reading.ts';
import { samplesOf } from './sample.ts';

it.each([9_899, 9_999, 10_000, 10_001, 10_099, 10_100, 12_345])(
  'counts the samples beyond a percentile as the histogram does: of %i',
  (count) => {
    const ack = histogramResult(count);
    const latency = { scheduleDelay: null, serviceAck: ack, ack, transaction: null };
    const trial = trialResult({ consumers: [], producers: [producerResult({ latency })] });
    const [sample] = samplesOf(runResultOf({ trials: [trial] }));
    const reading = readSample(ratioMetric('ack.p99'), sample!, true);
    const beyond = restoreHistogram(ack).beyond(0.99);
    if (beyond >= 100) expect(reading).toEqual({ value: ack.p99 });
    else
      expect(reading).toMatchObject({
        excluded: { message: expect.stringMatching(`^${beyond} samples`) as string },
      });
  },
);
