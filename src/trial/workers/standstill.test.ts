import { describe, expect, it } from 'vitest';
import { monotonic, sleep } from '../../base/clock.ts';
import { virtualTime } from '../../base/virtual-time.case.ts';
import { producerCloseMillis } from '../../protocol/plan.ts';
import { clientProgress } from '../../protocol/protocol.case.ts';
import { standstill, type StandstillOptions } from './standstill.ts';

virtualTime();

/** @param settled by the time that has passed, in seconds */
function scene(settled: (seconds: number) => number, more: Partial<StandstillOptions> = {}) {
  const began = monotonic.now();
  const seconds = () => (monotonic.now() - began) / 1e6;
  const over = new AbortController();
  const done = standstill({
    progress: () => [clientProgress({ side: 'producer', attempted: 500, settled: settled(seconds()) })],
    scheduleEnd: began + 10e6,
    drain: 5e6,
    fault: 0,
    now: () => monotonic.now(),
    over: over.signal,
    ...more,
  }).then((warning) => ({ warning, seconds: seconds() }));
  return { done, over, began };
}

describe('standstill', () => {
  it('is where nothing is answered after the schedule has ended for longer than workers drain and close', async () => {
    const { warning, seconds } = await scene((at) => (at < 3 ? Math.floor(at * 100) : 300)).done;
    // A worker that stands still ends by itself, says so, and is right.
    const worker = 10 + 5 + producerCloseMillis / 1000;
    expect(seconds).toBeGreaterThan(worker + 2);
    expect(seconds).toBeLessThan(worker + 10);
    expect(warning).toMatchObject({
      code: 'standstill',
      message: expect.stringContaining('200 were under way') as string,
    });
  });

  it('is not where answers come, however late', async () => {
    const { done, over } = scene((at) => Math.floor(at / 4));
    await sleep(60_000);
    over.abort();
    expect((await done).warning).toBeNull();
  });

  it('is, where messages are counted, after as long as librdkafka tries one, and a planned fault', async () => {
    const counted = { scheduleEnd: null, fault: 100e6 };
    const { seconds } = await scene(() => 7, counted).done;
    expect(seconds).toBeGreaterThan(430);
    expect(seconds).toBeLessThan(435);
    const drained = { ...counted, drain: 600e6 };
    expect((await scene(() => 7, drained).done).seconds).toBeGreaterThan(700 + producerCloseMillis / 1000);
  });
});
