import { describe, expect, it } from 'vitest';
import { parseBound, parseMetric } from '../metrics/metrics.ts';
import type { Gate } from '../judge/gates/expect.ts';
import { joinTrials } from './join-trials.ts';
import { auditedDelivery, runResultOf, trialResult } from '../results/sample.case.ts';

const gate = (metric: string, bound: string): Gate =>
  ({
    metric,
    bound,
    ...parseMetric(metric),
    ...parseBound(bound, 'count')!,
  }) as Gate;

const withLost = (lost: number | null) =>
  trialResult({
    delivery: lost === null ? trialResult().delivery : auditedDelivery({ lost }),
    validity: { ...trialResult().validity, reasons: [] },
  });
const made = (lost: number | null, more: object = {}) => runResultOf({ trials: [withLost(lost)], ...more });

describe('the trials of a run, joined', () => {
  const gates = [gate('lost', '0')];

  it('keep the frame of the first, the end and the outcome of the last, and every warning once', () => {
    const warning = { code: 'a', message: 'b' };
    const first = made(0, { runId: '11111111', warnings: [warning] });
    const outcome = { state: 'aborted', phase: 'measure', reason: 'interrupted' } as const;
    const last = made(0, { warnings: [warning], outcome, endedAt: '2026-01-01T00:00:09.000Z' });
    expect(joinTrials([first, last], gates)).toMatchObject({
      runId: '11111111',
      outcome,
      endedAt: '2026-01-01T00:00:09.000Z',
      warnings: [warning],
      trials: [first.trials[0], last.trials[0]],
    });
  });

  it.each([
    [[0, 0, 0], true, undefined],
    [[0, 3, 1], false, 'trial 2 of 3'],
    [[0, null, 2], false, 'trial 3 of 3'],
    [[0, null, 0], null, expect.stringMatching(/^trial 2 of 3: /)],
  ] as const)('lost %j: the gate has to hold in each (%j)', (lost, ok, reason) => {
    const [expectation] = joinTrials(
      lost.map((each) => made(each)),
      gates,
    ).expectations;
    expect(expectation!.ok).toBe(ok);
    expect(expectation!.reason).toEqual(reason);
  });

  it('of one are that one', () => {
    const alone = made(0);
    expect(joinTrials([alone], gates)).toBe(alone);
  });
});
