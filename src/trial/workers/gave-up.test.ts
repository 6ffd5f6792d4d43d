import { expect, it } from 'vitest';
import { formatNumber } from '../../base/units.ts';
import { clientProgress } from '../../protocol/protocol.case.ts';
import { consumerReport, producerReport } from '../evidence.case.ts';
import { gaveUp } from './gave-up.ts';
import { collectReports } from './reports.ts';

const fatal = (message: string) => ({ at: 0, message });

it('tells what was not waited for over all clients of a producer, and what clients died of', () => {
  const clients = {
    producers: [
      producerReport({ unanswered: 19_000 }),
      producerReport({ unanswered: 479 }),
      producerReport({ name: 'other', fatal: fatal('out of order') }),
    ],
    consumers: [consumerReport({ fatal: fatal('fenced') }), consumerReport()],
  };
  expect(gaveUp(clients, 1e6, [])).toEqual([
    `writer ended before ${formatNumber(19_479)} of its messages had an answer (phases.drain is 1 s)`,
    'other died of a fatal error: out of order',
    'reader died of a fatal error: fenced',
  ]);
  expect(gaveUp({ producers: [producerReport()], consumers: [consumerReport()] }, 1e6, [])).toEqual([]);
});

it('tells of a worker that was killed, also where no message is known to be without an answer', () => {
  const { producers, consumers } = collectReports(
    [],
    [
      { ...clientProgress({ attempted: 100, settled: 90 }), killedByPlan: false },
      { ...clientProgress({ name: 'told', attempted: 5, settled: 5 }), killedByPlan: false },
      { ...clientProgress({ name: 'planned', attempted: 100, settled: 90 }), killedByPlan: true },
    ],
    () => false,
  );
  expect(gaveUp({ producers, consumers }, 1e6, ['producer-1', 'producer-2'])).toEqual([
    'writer ended before 10 of its messages had an answer (phases.drain is 1 s)',
    'producer-1 had not ended after it was stopped, and was killed',
    'producer-2 had not ended after it was stopped, and was killed',
  ]);
});
