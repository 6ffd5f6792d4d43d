import { expect, expectTypeOf, test } from 'vitest';
import type { Scenario } from '../../scenario/schema.ts';
import { scenarioSchema } from '../../scenario/schema.ts';
import type { FaultSpec } from './fault.ts';
import { planFaults } from './plan.ts';
import type { FaultCapabilities } from './refusals.ts';

const local: FaultCapabilities = {
  provider: 'cluster: local',
  actions: new Set(['stop', 'start', 'kill', 'pause', 'unpause']),
  wipe: true,
  coordinators: false,
  brokers: [1, 2, 3].map((id) => ({ id, name: `kafka${id}` })),
  measure: 60e6,
};
const mock = { ...local, provider: 'cluster: mock', actions: new Set<never>(), wipe: false };

test('takes what the scenario schema gives', () => {
  expectTypeOf<Scenario['faults'][number]>().toExtend<FaultSpec>();
  const { faults } = scenarioSchema.parse({
    faults: [
      { at: '20s', stop: 'kafka2', for: '15s' },
      {
        id: 'next',
        after: { healed: 'stop-kafka2', stable: '30s' },
        kill: { leaderOf: { topic: 'orders', partition: 0 } },
      },
      { after: { acked: '10k' }, pause: 'random', for: '5s' },
      { at: '1s', rolling: 'all' },
      { at: '1s', stop: 'kafka2', for: '1s' },
    ],
  });
  const { faults: planned, warnings } = planFaults(faults, local);
  expect(warnings).toEqual([]);
  expect(planned).toMatchObject([
    { id: 'stop-kafka2', targetText: 'kafka2', trigger: { kind: 'at', at: 20e6 }, lasts: 15e6 },
    {
      id: 'next',
      effect: { action: 'kill', target: { kind: 'leaderOf', topic: 'orders', partition: 0 } },
      targetText: 'leaderOf orders/0',
      trigger: { kind: 'healed', fault: 'stop-kafka2', stable: 30e6 },
      lasts: null,
    },
    { id: 'pause-random', trigger: { kind: 'acked', acked: 10_000 } },
    { id: 'rolling-all', effect: { action: 'rolling' } },
    { id: 'stop-kafka2-2' },
  ]);
});

const at = 1e6;
test.each<[string, FaultSpec[], FaultCapabilities, RegExp, RegExp]>([
  [
    'the mock',
    [{ at, stop: 'kafka2' }],
    mock,
    /cluster: mock cannot stop a broker \(fault stop-kafka2\)/,
    /local or compose/,
  ],
  [
    'a stop that nobody can start again',
    [{ at, stop: 'kafka2' }],
    { ...local, actions: new Set(['stop']) },
    /cannot start a broker, which stop needs/,
    /containers or commands/,
  ],
  [
    'wipe without a disk',
    [{ at, wipe: 'kafka2' }],
    { ...local, wipe: false },
    /cannot wipe/,
    /cluster: local/,
  ],
  [
    'a partition without a proxy',
    [{ at, partition: { groups: [['kafka1'], ['kafka2']] }, for: 1e6 }],
    local,
    /cannot partition connections .*proxy/,
    /proxy: true/,
  ],
  [
    'a degrade without a proxy, where brokers could be parted',
    [{ at, degrade: { target: 'kafka1', latency: 1000 }, for: 1e6 }],
    { ...local, network: { features: new Set(['partition']), check: () => undefined } },
    /cannot degrade connections .*proxy/,
    /proxy: true/,
  ],
  ['the coordinator', [{ at, stop: { coordinatorOf: 'g' } }], local, /coordinator/, /leaderOf/],
  ['a misspelt broker', [{ at, stop: 'kafak2' }], local, /no broker kafak2/, /did you mean kafka2/],
  ['a restart that lasts', [{ at, restart: 'kafka2', for: 1e6 }], local, /takes no for/, /stop with for/],
  ['rolling some', [{ at, rolling: 'kafka2' }], local, /rolling: kafka2/, /all/],
  [
    'waiting for none',
    [{ after: { healed: 'x' }, stop: 'kafka2' }],
    local,
    /waits for x, which does not exist/,
    /stop-kafka2/,
  ],
  [
    'waiting for what never heals',
    [
      { id: 'a', at, stop: 'kafka2' },
      { after: { healed: 'a' }, stop: 'kafka3' },
    ],
    local,
    /waits for a, which never heals/,
    /give a a for:/,
  ],
  [
    'waiting in a circle',
    [
      { id: 'a', after: { healed: 'b' }, stop: 'kafka2', for: 1 },
      { id: 'b', after: { healed: 'a' }, stop: 'kafka3', for: 1 },
    ],
    local,
    /waits for itself/,
    /at:/,
  ],
  [
    'twins',
    [
      { id: 'a', at, stop: 'kafka2' },
      { id: 'a', at, stop: 'kafka3' },
    ],
    local,
    /two faults have the id a/,
    /its own/,
  ],
])('refuses %s before the run', (_, specs, capabilities, message, hint) => {
  expect(() => planFaults(specs, capabilities)).toThrow(
    expect.objectContaining({
      code: 'scenario',
      message: expect.stringMatching(message) as unknown,
      hint: expect.stringMatching(hint) as unknown,
    }) as Error,
  );
});

test('a one-shot restart can be waited for, and network faults where the proxy has them', () => {
  const { faults } = planFaults(
    [
      { id: 'a', at, restart: 'kafka1' },
      { after: { healed: 'a' }, degrade: { target: 'kafka1', latency: 1000 }, for: 1e6 },
    ],
    { ...local, network: { features: new Set(['degrade']), check: () => undefined } },
  );
  expect(faults[1]?.effect).toEqual({
    action: 'degrade',
    target: { kind: 'broker', name: 'kafka1' },
    change: { action: 'degrade', latency: 1000 },
  });
});

test('warns of a fault that is due after the measured phase', () => {
  expect(planFaults([{ at: 60e6, stop: 'kafka2' }], local).warnings).toMatchObject([{ code: 'late-fault' }]);
});
