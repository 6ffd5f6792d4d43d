import { expect, it } from 'vitest';
import { auditedDelivery, trialResult } from '../../results/sample.case.ts';
import type { DeliveryResult } from '../../results/schema.ts';
import { withPromise, worstDelivery } from './worst-delivery.ts';

const trial = (
  verdict: DeliveryResult['verdict'],
  guarantee: DeliveryResult['guarantee'] = 'at-least-once',
) => trialResult({ delivery: auditedDelivery({ verdict, guarantee }) });

it.each<[DeliveryResult['verdict'][], number | undefined]>([
  [['PASS', 'VACUOUS', 'UNKNOWN', 'HANG', 'FAIL', 'FAIL'], 4],
  [['VACUOUS', 'UNKNOWN', 'HANG'], 2],
  [['VACUOUS', 'UNKNOWN'], 1],
  [['PASS', 'VACUOUS'], 1],
  [['PASS', 'NONE'], undefined],
  [[], undefined],
])('of %j it is that at %s', (verdicts, at) => {
  const trials = verdicts.map((verdict) => trial(verdict));
  expect(worstDelivery(trials)).toBe(at === undefined ? undefined : trials[at]);
});

it('may be of a promise that nobody made, unless those are left out', () => {
  const trials = [trial('FAIL', 'none'), trial('UNKNOWN')];
  expect(worstDelivery(trials)).toBe(trials[0]);
  expect(worstDelivery(withPromise(trials))).toBe(trials[1]);
});
