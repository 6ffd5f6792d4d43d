import { expect, test } from 'vitest';
import type { SeenChange } from '../../../cluster/faults/observe.ts';
import { observedRecord } from '../../../protocol/fault-record.ts';
import type { PartitionSilence } from './ack-silence.ts';
import { withUnreachable } from './unreachable.ts';

const second = 1e6;
const silent = (partition: number, ...spans: [number, number][]): PartitionSilence => ({
  topic: 'orders-1',
  partition,
  silences: [[-Infinity, 0], ...spans, [60, Infinity]].map(([from, to]) => ({
    from: from! * second,
    to: to! * second,
  })),
});
const unanswered = [{ from: 10.2 * second, to: 21 * second }];
const nothing = { records: [], changes: [] };

test('neither questions nor messages were answered: an outage of all brokers', () => {
  const silences = [silent(0, [10, 20.5]), silent(1, [3, 4], [10.1, 20])];
  const leader: SeenChange = {
    ...{ kind: 'leader', topic: 'orders', partition: 0, from: 1, to: 2, at: 21 * second, fault: null },
  };
  const { records, changes } = withUnreachable({ records: [], changes: [leader], unanswered }, silences);
  expect(records).toMatchObject([
    {
      ...{ id: 'observed-all', source: 'observed', action: 'unreachable', resolved: [] },
      ...{ started: 10.1 * second, ended: 20 * second, observed: 'no broker answered for 9.90 s' },
    },
  ]);
  expect(changes).toMatchObject([{ fault: 'observed-all' }]);
});

test('not where messages were answered, or questions, or only for a moment, or nothing was sent', () => {
  expect(withUnreachable({ ...nothing, unanswered }, [silent(0, [10, 20]), silent(1)]).records).toEqual([]);
  expect(withUnreachable(nothing, [silent(0, [10, 20])]).records).toEqual([]);
  expect(withUnreachable({ ...nothing, unanswered }, [silent(0, [11, 12.5])]).records).toEqual([]);
  expect(withUnreachable({ ...nothing, unanswered }, []).records).toEqual([]);
});

test('not where another fault was going on', () => {
  const known = observedRecord('known', 'stop', 'kafka1', 11 * second, '');
  const { records } = withUnreachable({ records: [known], changes: [], unanswered }, [silent(0, [10, 20])]);
  expect(records).toEqual([known]);
});
