import { formatDuration } from '../../base/units.ts';
import { sleep, type Micros } from '../../base/clock.ts';
import type { Warning } from '../../base/errors.ts';
import { producerCloseMillis } from '../../protocol/plan.ts';
import type { ClientProgress } from '../../protocol/report.ts';

const lookMillis = 500;
/**
 * Without a schedule that ends, producers that have had no answer for this long, a planned fault's time apart, are
 * stopped: librdkafka gives a message up after five minutes (`message.timeout.ms`), unless it is told never to.
 */
const openEnd: Micros = 330e6;
/** Producers wait for answers as long as we do, then close, and then tell: they know better why they ended. */
const closing: Micros = 1000 * producerCloseMillis + 5e6;

export interface StandstillOptions {
  readonly progress: () => readonly ClientProgress[];
  /** When the last schedule ends, on CLOCK_MONOTONIC; null where messages are counted. */
  readonly scheduleEnd: Micros | null;
  /** How long answers are waited for once the schedule has ended. */
  readonly drain: Micros;
  /** The longest time that a planned fault lasts. */
  readonly fault: Micros;
  readonly now: () => Micros;
  readonly over: AbortSignal;
}

/**
 * Resolves with a warning when producers get nowhere any more: nothing has been acknowledged, refused or given up for
 * as long as it takes to be sure. A schedule that goes on is no standstill, as it ends by itself; a queue that is full
 * of messages for brokers that are gone would hold its end up for ever. Null when `over` is aborted first.
 */
export async function standstill(options: StandstillOptions): Promise<Warning | null> {
  const { scheduleEnd, drain, fault, now, over } = options;
  let settled = -1;
  let still: Micros = 0;
  let lookedAt = now();
  for (;;) {
    await sleep(lookMillis, over);
    if (over.aborted) return null;
    // A process that was held up itself has not looked meanwhile.
    const passed = Math.min(now() - lookedAt, 4000 * lookMillis);
    lookedAt = now();
    const producers = options.progress().filter(({ side }) => side === 'producer');
    const total = producers.reduce((sum, client) => sum + client.settled, 0);
    const waits = scheduleEnd === null || lookedAt > scheduleEnd;
    still = total === settled && waits ? still + passed : 0;
    settled = total;
    const patience = drain + closing;
    if (still <= (scheduleEnd === null ? Math.max(openEnd, patience) + fault : patience)) continue;
    const outstanding = producers.reduce((sum, client) => sum + client.attempted - client.settled, 0);
    return {
      code: 'standstill',
      message: `producers were stopped: no message had been answered for ${formatDuration(still)}${scheduleEnd === null ? '' : ' after the end of the schedule'}, ${outstanding} were under way, and what had not been handed over was not sent`,
    };
  }
}
