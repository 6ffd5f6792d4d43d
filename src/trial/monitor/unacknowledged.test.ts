import { describe, expect, it } from 'vitest';
import type { Admin } from '../../cluster/admin/admin.ts';
import { monotonic } from '../../base/clock.ts';
import type { ProducePlan } from '../../protocol/plan.ts';
import { producerClientPlan } from '../../protocol/protocol.case.ts';
import { UnacknowledgedSends } from './unacknowledged.ts';

const second = 1e6;

function planOf(acks: 'none' | 'some'): ProducePlan {
  return { role: 'produce', clients: [producerClientPlan({ topic: 't', acks })] } as unknown as ProducePlan;
}

/** A log that ends, each time it is asked, at the next of these offsets; at the last one from then on. */
function logEnding(...ends: (number | Error)[]) {
  const log = { asked: 0 };
  const offsets = () => {
    const end = ends[Math.min(log.asked++, ends.length - 1)]!;
    if (end instanceof Error) return Promise.reject(end);
    return Promise.resolve([{ partition: 0, start: 0, end, stable: end }]);
  };
  return { log, admin: { offsets } as unknown as Admin };
}

async function waited(admin: Admin | null, acks: 'none' | 'some', sent: number, limit = 10 * second) {
  const sends = await UnacknowledgedSends.before(admin, [planOf(acks)]);
  const from = monotonic.now();
  await sends.stored(new Map([['t', sent]]), limit, new AbortController().signal);
  return (monotonic.now() - from) / second;
}

describe('sends that nobody acknowledges', () => {
  it('are waited for until the logs hold them, behind what was there before', async () => {
    const { admin, log } = logEnding(500, 500, 590, new Error('away'), 600, 700);
    expect(await waited(admin, 'none', 100)).toBeLessThan(0.9);
    expect(log.asked).toBe(5);
  });

  it('are given up a second after the logs have stopped growing', async () => {
    const { admin } = logEnding(0, 50, 90);
    expect(await waited(admin, 'none', 100)).toBeGreaterThan(1);
  });

  it('are waited for no longer than the limit', async () => {
    const { admin } = logEnding(0, new Error('away'));
    expect(await waited(admin, 'none', 100, 0.3 * second)).toBeLessThan(0.9);
  });

  it('do not exist where every send is acknowledged, or nobody can be asked', async () => {
    const { admin, log } = logEnding(0);
    expect(await waited(admin, 'some', 100)).toBeLessThan(0.5);
    expect(log.asked).toBe(0);
    expect(await waited(null, 'none', 100)).toBeLessThan(0.5);
  });
});
