import { describe, expect, it, vi } from 'vitest';
import { BenchError } from '../../../base/errors.ts';
import { emptyEnvelope } from '../../../protocol/envelope.ts';
import { InvalidValues } from '../../../workload/validation/invalid-values.ts';
import type { DeadLetterWriter } from './dead-letter-writer.ts';
import { Processing, type ProcessingParts } from './processing.ts';
import { DrawnShare } from '../../../base/drawn-share.ts';
import type { ProcessingTime } from './processing-time.ts';

const place = { topic: 'dead', partition: 0, offset: 5 };
const envelope = emptyEnvelope();

function message(offset: number, value = '{"id": 1}') {
  const bytes = Buffer.from(value);
  return { topic: 't', partition: 1, offset, key: null, value: bytes, size: bytes.length };
}

function scene(more: Partial<ProcessingParts> = {}) {
  const write = vi.fn(() => Promise.resolve(place));
  const spend = vi.fn(() => Promise.resolve());
  const deadLetters = { write } as unknown as DeadLetterWriter;
  const processing = new Processing({
    validation: null,
    time: { spend } as unknown as ProcessingTime,
    failures: null,
    deadLetters,
    afterAttempts: 3,
    group: 'booking',
    isTakenAway: () => false,
    ...more,
  });
  const handle = async (each = message(7), ours = true) => {
    processing.admit(each, ours ? envelope : null, 0);
    return processing.handle(each);
  };
  return { processing, write, spend, handle };
}

const all = new DrawnShare(1, 1, 'c');

describe('Processing', () => {
  it('takes its time for a message, and no promise where there is none to take', async () => {
    const { handle, spend, processing } = scene();
    expect(await handle()).toBe('processed');
    expect(spend).toHaveBeenCalledTimes(1);
    expect(scene({ time: null }).processing.handle(message(1))).toBe('processed');
    expect(processing).toMatchObject({ failed: 0, deadLettered: 0, unprocessed: [] });
  });

  it('tries what fails as often as it is told, and puts it aside', async () => {
    const { handle, spend, write, processing } = scene({ failures: all });
    const failing = message(7);
    expect(await handle(failing)).toBe('dead-lettered');
    expect(spend).toHaveBeenCalledTimes(3);
    const error = 'processing failed';
    expect(write.mock.calls).toEqual([[failing, { group: 'booking', attempts: 3, error }]]);
    expect(processing).toMatchObject({ failed: 1, deadLettered: 1 });
    expect(processing.unprocessed).toEqual([
      { topic: 't', partition: 1, offset: 7, error, attempts: 3, deadLetter: place },
    ]);
  });

  it('skips what fails where there is no place for it', async () => {
    const { handle, spend, processing } = scene({ failures: all, deadLetters: null });
    expect(await handle()).toBe('skipped');
    expect(spend).toHaveBeenCalledTimes(1);
    expect(processing).toMatchObject({ failed: 1, deadLettered: 0 });
    expect(processing.unprocessed).toMatchObject([{ attempts: 1, deadLetter: null }]);
  });

  it('puts what is invalid aside at once, with the reason, and takes no time for it', async () => {
    const validation = new InvalidValues({ json: { required: ['at'] } });
    const { handle, spend, write, processing } = scene({ validation, failures: all });
    const invalid = message(7);
    expect(await handle(invalid)).toBe('dead-lettered');
    expect(spend).not.toHaveBeenCalled();
    const error = "the value must have required property 'at'";
    expect(write.mock.calls).toEqual([[invalid, { group: 'booking', attempts: 1, error }]]);
    expect([processing.failed, processing.deadLettered, validation.count]).toEqual([0, 1, 1]);
  });

  it('only counts what is invalid where there is no place for it', async () => {
    const validation = new InvalidValues({ json: { required: ['at'] } });
    const { handle } = scene({ validation, deadLetters: null });
    expect(await handle()).toBe('processed');
    expect(validation.count).toBe(1);
  });

  it('draws for those that carry no envelope by their place, and validates them not', async () => {
    const validation = new InvalidValues({ json: { required: ['at'] } });
    const hits = vi.fn((who: readonly number[]) => who[1] === 8);
    const failures = { hits } as unknown as DrawnShare;
    const { handle } = scene({ validation, failures });
    expect([await handle(message(7), false), await handle(message(8), false)]).toEqual([
      'processed',
      'dead-lettered',
    ]);
    expect(hits.mock.calls).toEqual([[[1, 7]], [[1, 8]]]);
  });

  it('leaves a message to whoever has its partition by the time it is given up', async () => {
    const { handle, write, processing } = scene({ failures: all, isTakenAway: () => true });
    expect(await handle()).toBe('taken-away');
    expect(write).not.toHaveBeenCalled();
    expect(processing).toMatchObject({ failed: 0, deadLettered: 0, unprocessed: [] });
  });

  it('fails where a dead letter cannot be written, and counts none', async () => {
    const { handle, write, processing } = scene({ failures: all });
    write.mockRejectedValue(new BenchError('cluster', 'full'));
    await expect(handle()).rejects.toThrow('full');
    expect(processing).toMatchObject({ failed: 0, deadLettered: 0, unprocessed: [] });
  });

  it('keeps the first ten that it did not process', async () => {
    const { handle, processing } = scene({ failures: all, afterAttempts: 1 });
    for (let offset = 0; offset < 12; offset++) await handle(message(offset));
    expect(processing.unprocessed.map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(processing.failed).toBe(12);
  });
});
