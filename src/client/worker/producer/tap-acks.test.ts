import { expect, it } from 'vitest';
import { monotonic } from '../../../base/clock.ts';
import type { SettledRun } from '../../tap/cells.ts';
import type { ProducerTap } from '../../tap/producer-tap.ts';
import { AckGaps } from './ack-gaps.ts';
import { Meter } from '../meter.ts';
import { producerClientPlan } from '../../../protocol/protocol.case.ts';
import type { IntervalReport } from '../../../protocol/report.ts';
import { SendRecords } from './send-records.ts';
import { ShownSampler } from '../shown.ts';
import { TapAcks } from './tap-acks.ts';

const second = 1e6;

/** Has seen two messages of 100 bytes acknowledged at 0.9 s. */
const tap = {
  begin: () => undefined,
  collect: (settled: SettledRun) => settled(0, 2, true, 0.9 * second, 0.9 * second, 0, 0, 0, 'persisted'),
  latencies: () => [],
  bytes: (phase: string) => (phase === 'measure' ? 200 : 0),
  oddities: () => ({ strange: 0, unplaced: 0, repeated: 0 }),
  messages: 2,
  close: () => undefined,
} as unknown as ProducerTap;

it('counts bytes in the second of their messages, also where the client closes when that is over', () => {
  const intervals: IntervalReport[] = [];
  const meter = new Meter('producer', 'writer', (interval) => intervals.push(interval));
  const books = {
    meter,
    gaps: new AckGaps('t'),
    shown: new ShownSampler(0, monotonic, () => undefined),
    evidence: null,
  };
  const records = new SendRecords(producerClientPlan(), books);
  const acks = new TapAcks(tap, { records, onOdd: (message) => expect.unreachable(message) });
  meter.begin(0, 0);
  acks.begin(0);
  acks.close();
  meter.roll(1.1 * second);
  meter.flush();
  expect(intervals.map(({ second, counts }) => [second, counts.settled, counts.bytes])).toEqual([
    [0, 2, 200],
  ]);
});
