import { expect, test } from 'vitest';
import type { BrokerTraffic, ProxyControl, ProxyFault } from '../../cluster.ts';
import { planFaults } from '../plan.ts';
import { proxyNetwork } from './proxy.ts';

function fakeProxy() {
  const calls: unknown[] = [];
  const state = { received: 0, requests: 0 };
  const traffic = (): BrokerTraffic => {
    const way = { received: state.received, forwarded: 0, swallowed: 0 };
    const connections = { open: 0, accepted: 0, reset: 0 };
    const dropped = { requests: state.requests, responses: 0 };
    // What the driver reads; the proxy counts more.
    return { broker: 'kafka2', connections, in: way, out: way, dropped } as unknown as BrokerTraffic;
  };
  const proxy: ProxyControl = {
    check: (fault) => calls.push(['check', fault]),
    set: (broker: string, fault: ProxyFault) => {
      calls.push(['set', broker, fault]);
      return Promise.resolve(traffic());
    },
    clear: (broker, kind) => {
      calls.push(['clear', broker, kind]);
      return Promise.resolve(traffic());
    },
    stats: () => Promise.resolve([traffic()]),
  };
  return { calls, state, network: proxyNetwork(proxy, 7) };
}

test('a drop is seen once something was swallowed since it is in force', async () => {
  const { calls, state, network } = fakeProxy();
  state.requests = 5;
  const drop = { action: 'drop', requests: 'produce', share: 0.3 } as const;
  expect(await network.observed(drop, 'kafka2')).toBeNull();
  await network.inject(drop, 'kafka2');
  expect(await network.observed(drop, 'kafka2')).toBeNull();
  state.requests = 6;
  expect(await network.observed(drop, 'kafka2')).toBe('1 request swallowed');
  await network.heal(drop, 'kafka2');
  expect(calls).toEqual([
    ['set', 'kafka2', { kind: 'drop', requests: 'produce', share: 0.3, seed: 7 }],
    ['clear', 'kafka2', 'drop'],
  ]);
});

test('a degrade is seen once bytes went through it, in the direction it names', async () => {
  const { state, network } = fakeProxy();
  const degrade = { action: 'degrade', latency: 1000, direction: 'in' } as const;
  await network.inject(degrade, 'kafka2');
  expect(await network.observed(degrade, 'kafka2')).toBeNull();
  state.received = 10;
  expect(await network.observed(degrade, 'kafka2')).toBe('10 bytes went through it');
});

test('the plan asks the proxy whether it can, bandwidth in bytes', () => {
  const { calls, network } = fakeProxy();
  const plan = (bandwidth: string) =>
    planFaults([{ at: 0, degrade: { target: 'kafka2', bandwidth }, for: 1e6 }], {
      provider: 'cluster: local',
      actions: new Set(),
      wipe: false,
      network,
      coordinators: false,
    });
  plan('10MB/s');
  expect(calls).toMatchObject([['check', { kind: 'degrade', bytesPerSecond: 10e6 }]]);
  expect(() => plan('fast')).toThrow(/a bandwidth such as 10MB\/s, got "fast"/);
});
