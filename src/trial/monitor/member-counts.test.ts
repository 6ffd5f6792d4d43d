import { expect, it } from 'vitest';
import { clientProgress, consumePlan, consumerClientPlan } from '../../protocol/protocol.case.ts';
import { MemberCounts } from './member-counts.ts';

const plans = ['first', 'second'].map((name) => consumePlan(consumerClientPlan({ name, group: 'g' })));
const client = (name: string, received: number, state: 'running' | 'done' = 'running') =>
  clientProgress({ side: 'consumer', name, received, state });

it('counts what each member received in each second in which it was there', () => {
  const counts = new MemberCounts(plans);
  counts.add(0, [client('first', 100), clientProgress({ received: 7 })]);
  counts.add(1, [client('first', 200), client('second', 0)]);
  counts.add(2, [client('first', 210, 'done'), client('second', 50)]);
  counts.add(3, [client('first', 210, 'done'), client('second', 90)]);
  expect(new Map([...counts.of('g')].map(([member, seconds]) => [member, [...seconds]]))).toEqual(
    new Map([
      [
        'first-0',
        [
          [0, 100],
          [1, 100],
          [2, 10],
        ],
      ],
      [
        'second-0',
        [
          [1, 0],
          [2, 50],
          [3, 40],
        ],
      ],
    ]),
  );
});

it('takes a member that was started again for one', () => {
  const counts = new MemberCounts(plans);
  counts.add(0, [client('first', 100, 'done')]);
  counts.add(1, [client('first', 100, 'done'), client('first', 30)]);
  expect([...counts.of('g').get('first-0')!]).toEqual([
    [0, 100],
    [1, 30],
  ]);
});

it('leaves out who has no group', () => {
  const counts = new MemberCounts([consumePlan(consumerClientPlan({ group: null }))]);
  counts.add(0, [client('reader', 5)]);
  expect([counts.isEmpty, counts.groups]).toEqual([true, []]);
});
