import { expect, it } from 'vitest';
import { formatNumber } from '../base/units.ts';
import { consumerReport, producerReport, workerReport } from './evidence.case.ts';
import { gaveUp } from './gave-up.ts';

const fatal = (message: string) => ({ at: 0, message });

it('tells what was not waited for over all clients of a producer, and what clients died of', () => {
  const reports = [
    workerReport({ clients: [producerReport({ unanswered: 19_000 }), producerReport({ unanswered: 479 })] }),
    workerReport({ clients: [producerReport({ name: 'other', fatal: fatal('out of order') })] }),
    workerReport({ clients: [consumerReport({ fatal: fatal('fenced') }), consumerReport()] }),
  ];
  expect(gaveUp(reports, 1e6)).toEqual([
    `writer stopped waiting for ${formatNumber(19_479)} messages after 1 s (phases.drain)`,
    'other died of a fatal error: out of order',
    'reader died of a fatal error: fenced',
  ]);
  expect(gaveUp([workerReport({ clients: [producerReport(), consumerReport()] })], 1e6)).toEqual([]);
});
