import { describe, expect, it } from 'vitest';
import { consumerResult } from '../results/sample.case.ts';
import { renderUnprocessed } from './unprocessed.ts';

const original = { topic: 'payments', partition: 0, offset: 16 };
const deadLetter = { topic: 'payments-dead', partition: 1, offset: 2 };

describe('renderUnprocessed', () => {
  it('says how many messages were put aside, why, and where the first of them are', () => {
    const failing = { ...original, error: 'processing failed', attempts: 3, deadLetter };
    const invalid = { ...original, offset: 17, error: 'no id', attempts: 1, deadLetter };
    const unprocessed = [failing, invalid, failing, failing];
    const booking = consumerResult({
      name: 'booking',
      invalid: 20,
      failed: 1010,
      deadLettered: 1030,
      unprocessed,
    });
    expect(renderUnprocessed([consumerResult(), booking])).toEqual([
      'booking: 20 invalid, 1 010 failed; 1 030 dead-lettered',
      '  payments/0@16: processing failed, 3 attempts, now payments-dead/1@2',
      '  payments/0@17: no id, now payments-dead/1@2',
      '  payments/0@16: processing failed, 3 attempts, now payments-dead/1@2',
    ]);
  });

  it('says that messages were skipped', () => {
    const unprocessed = [{ ...original, error: 'processing failed', attempts: 1, deadLetter: null }];
    const booking = consumerResult({
      name: 'booking',
      invalid: 5,
      failed: 1,
      deadLettered: null,
      unprocessed,
    });
    expect(renderUnprocessed([booking])).toEqual([
      'booking: 1 failed; skipped: there is no dead-letter topic',
      '  payments/0@16: processing failed',
    ]);
  });

  it('has nothing to say where everything was processed', () => {
    const untouched = consumerResult({ failed: 0, deadLettered: 0, unprocessed: [] });
    expect(renderUnprocessed([consumerResult(), untouched])).toEqual([]);
  });
});
