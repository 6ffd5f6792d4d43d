import { describe, expect, it } from 'vitest';
import { assembleTrial } from '../../judge/performance/assemble.ts';
import { consumerReport, producerReport, scenarioOf, sends, workerReport } from '../evidence.case.ts';
import { collectReports, type UnreportedClient } from './reports.ts';
import type { ClientProgress } from '../../protocol/report.ts';
import { clientProgress } from '../../protocol/protocol.case.ts';

const unreported = (more: Partial<ClientProgress>, killedByPlan = false): UnreportedClient => ({
  ...clientProgress(more),
  killedByPlan,
});

describe('collectReports', () => {
  it('takes the reports of clients that gave one', () => {
    const writer = producerReport({ measured: sends({ attempted: 5, acked: 5 }) });
    const reader = consumerReport();
    const found = collectReports(
      [workerReport({ clients: [writer] }), workerReport({ clients: [reader] })],
      [],
      () => false,
    );
    expect(found).toEqual({ producers: [writer], consumers: [reader] });
  });

  it('makes one of the last progress of a client whose worker is gone', () => {
    const { producers, consumers } = collectReports(
      [workerReport({ clients: [producerReport({ index: 0 })] })],
      [
        unreported({ index: 1, attempted: 100, settled: 90, failed: 7 }),
        unreported({ side: 'consumer', name: 'reader', index: 4, received: 60, foreign: 10 }),
      ],
      () => false,
    );
    expect(producers).toHaveLength(2);
    expect(producers[1]).toMatchObject({
      index: 1,
      ackSource: 'delivery-reports',
      // 83 had succeeded; 7 had failed and 10 had no answer: both may have arrived.
      measured: { attempted: 100, acked: 83, sent: 0, rejected: 0, indeterminate: 17 },
    });
    expect(consumers[0]).toMatchObject({ index: 4, measured: { received: 60 }, processed: 60, foreign: 10 });
  });

  it('knows what a client did not answer that the run killed, and not what one did that was to die', () => {
    const progress = {
      ...{ attempted: 100, settled: 90, failed: 7 },
      warmup: { attempted: 60, settled: 58, failed: 2, received: 0 },
    };
    const { producers } = collectReports(
      [],
      [unreported(progress), unreported({ ...progress, index: 1 }, true)],
      () => false,
    );
    expect(producers.map(({ unanswered }) => unanswered)).toEqual([10, 0]);
  });

  it('calls it sent where nothing is acknowledged', () => {
    const { producers } = collectReports(
      [],
      [
        unreported({ name: 'a', attempted: 9, settled: 9 }),
        unreported({ name: 'b', attempted: 9, settled: 9 }),
      ],
      (name) => name === 'a',
    );
    expect(producers.map(({ ackSource, measured }) => [ackSource, measured.sent, measured.acked])).toEqual([
      ['socket-write', 9, 0],
      ['delivery-reports', 0, 9],
    ]);
  });

  it('gives counts that add up in a result', () => {
    const clients = collectReports([], [unreported({ attempted: 100, settled: 90, failed: 7 })], () => false);
    const trial = assembleTrial({
      scenario: scenarioOf('producers: [{ name: writer, topic: t }]'),
      groups: new Map(),
      clients,
      workers: [],
      seconds: [],
      samples: null,
      drained: new Map(),
      delivery: null,
      faults: { records: [], changes: [], topics: new Map() },
      times: { start: 0, measure: 0, drain: null, stopped: null, end: 1 },
    });
    expect(trial.delivery).toMatchObject({ attempted: 100, acked: 83, indeterminate: 17 });
    expect(trial.producers[0]!.unanswered).toBe(10);
    // Some failed, and of the others nothing was heard any more.
    expect(trial.errors).toEqual([{ code: '_DESTROY', phase: 'measure', scope: 'writer', count: 10 }]);
  });

  it('keeps what was due in the warm-up out of the measured phase', () => {
    const { producers, consumers } = collectReports(
      [],
      [
        unreported({
          ...{ attempted: 100, settled: 90, failed: 7 },
          warmup: { attempted: 60, settled: 58, failed: 2, received: 0 },
        }),
        unreported({
          ...{ side: 'consumer', name: 'reader', received: 90 },
          warmup: { attempted: 0, settled: 0, failed: 0, received: 50 },
        }),
      ],
      () => false,
    );
    expect(producers[0]).toMatchObject({
      warmup: { attempted: 60, acked: 56, indeterminate: 4 },
      measured: { attempted: 40, acked: 27, indeterminate: 13 },
    });
    expect(consumers[0]).toMatchObject({ warmup: { received: 50 }, measured: { received: 40 } });
  });
});
