import { describe, expect, it } from 'vitest';
import { auditedDelivery } from '../../results/sample.case.ts';
import { crossChecked } from './cross-check.ts';
import { producerReport, scenarioOf, sends, workerReport } from '../../trial/evidence.case.ts';

const scenario = scenarioOf('producers: [{ name: writer, topic: t }]\ntopics: [{ name: t }]');
const written = auditedDelivery({ attempted: 12, acked: 10, sent: 0, rejected: 0, indeterminate: 2 });
const reports = (acked: number) => [
  workerReport({
    clients: [
      producerReport({
        warmup: sends({ attempted: 4, acked: 4 }),
        measured: sends({ attempted: 8, acked: acked - 4, indeterminate: 12 - acked }),
      }),
    ],
  }),
];

describe('crossChecked', () => {
  it('leaves a verdict alone whose evidence says what producers counted, both phases together', () => {
    expect(crossChecked(written, scenario, reports(10), true)).toBe(written);
  });

  it('doubts evidence that says something else', () => {
    const { verdict, reasons } = crossChecked(written, scenario, reports(11), true);
    expect(verdict).toBe('UNKNOWN');
    expect(reasons.at(-1)).toBe(
      'producers counted acked 11, and wrote down 10; indeterminate 1, and wrote down 2',
    );
    const failed = crossChecked({ ...written, verdict: 'FAIL' }, scenario, reports(11), true);
    expect(failed.verdict).toBe('FAIL');
  });

  it('cannot compare with the counts of a killed producer', () => {
    expect(crossChecked(written, scenario, reports(11), false)).toBe(written);
  });
});
