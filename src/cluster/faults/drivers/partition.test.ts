import { expect, test } from 'vitest';
import type { NetworkDriver } from '../driver.ts';
import type { NetworkChange } from '../fault.ts';
import type { Undo } from '../undo.ts';
import { joinNetworks } from './partition.ts';

const left: Undo = { kind: 'side-networks', networks: ['side'], containers: [], since: 0, env: {} };

/** Says `name` where something is seen of it, and writes down what it was asked for. */
function fake(name: string, features: readonly ('partition' | 'drop')[], seen = true) {
  const calls: string[] = [];
  const groupsOf = (change: NetworkChange): string =>
    change.action === 'partition' ? change.groups.map((group) => group.join('+')).join(' ') : change.action;
  const driver: NetworkDriver = {
    features: new Set(features),
    check: (change) => void calls.push(`check ${groupsOf(change)}`),
    undoOf: () => (name === 'proxy' ? null : { kind: 'command', command: name, cwd: '/', env: {} }),
    inject: (change) => Promise.resolve(void calls.push(`inject ${groupsOf(change)}`)),
    heal: (change) => {
      calls.push(`heal ${groupsOf(change)}`);
      return Promise.resolve(name === 'proxy' ? null : left);
    },
    observed: () => Promise.resolve(seen ? name : null),
  };
  return { driver, calls };
}

const partition = (...groups: string[][]): NetworkChange => ({ action: 'partition', groups });

test('clients are parted by the proxy, brokers by networks, and both where the groups ask for both', async () => {
  const proxy = fake('proxy', ['partition', 'drop']);
  const among = fake('networks', ['partition']);
  const network = joinNetworks(proxy.driver, among.driver)!;
  const both = partition(['clients', 'kafka1'], ['kafka2']);
  await network.inject(both, null);
  expect(await network.observed(both, null)).toBe('proxy; networks');
  expect(network.undoOf(both, null)).toMatchObject({ command: 'networks' });
  expect(await network.heal(both, null)).toBe(left);
  await network.inject(partition(['clients'], ['kafka1']), null);
  await network.inject(partition(['kafka3'], ['kafka1']), null);
  await network.inject({ action: 'drop', requests: 'all' }, 'kafka1');
  expect(proxy.calls).toEqual([
    'inject clients+kafka1 kafka2',
    'heal clients+kafka1 kafka2',
    'inject clients kafka1',
    'inject drop',
  ]);
  expect(among.calls).toEqual(['inject kafka1 kafka2', 'heal kafka1 kafka2', 'inject kafka3 kafka1']);
});

test('a partition is seen only when each of its parts is', async () => {
  const network = joinNetworks(
    fake('proxy', ['partition']).driver,
    fake('networks', ['partition'], false).driver,
  )!;
  expect(await network.observed(partition(['clients'], ['kafka1']), null)).toBe('proxy');
  expect(await network.observed(partition(['clients', 'kafka1'], ['kafka2']), null)).toBeNull();
});

test('what no part can do is refused, with what could', () => {
  const { driver } = fake('any', ['partition']);
  const proxyOnly = joinNetworks(driver, undefined)!;
  const networksOnly = joinNetworks(undefined, driver)!;
  const hint = (text: string): Error =>
    expect.objectContaining({ hint: expect.stringContaining(text) as string }) as Error;
  expect(() => proxyOnly.check(partition(['kafka1'], ['kafka2']))).toThrow(hint('compose'));
  expect(() => networksOnly.check(partition(['clients'], ['kafka2']))).toThrow(hint('proxy: true'));
  expect(() => proxyOnly.check(partition(['clients', 'kafka1']))).toThrow(/part nobody/);
  expect(joinNetworks(undefined, undefined)).toBeUndefined();
});
