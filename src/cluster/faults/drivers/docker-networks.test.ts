import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { missing } from '../../../../test/requirements.ts';
import { environmentWith } from '../../executables.case.ts';
import type { NetworkDriver } from '../driver.ts';
import type { NetworkChange } from '../fault.ts';
import { performUndo } from '../perform-undo.ts';
import type { Undo } from '../undo.ts';
import { dockerNetworks, undoNetworks } from './docker-networks.ts';
import { holdMillis } from './side-networks.ts';
import type { SideNetworksUndo } from './side-networks.ts';
import { docker, runContainer } from './tiny-container.case.ts';

describe.skipIf(missing('docker'))('a partition by docker networks', { timeout: 60_000 }, () => {
  const suffix = randomBytes(3).toString('hex');
  const home = `home-${suffix}`;
  const containers: Record<string, string> = {};
  const addresses: Record<string, string> = {};
  let network: NetworkDriver;
  beforeAll(async () => {
    docker('network', 'create', home);
    for (const name of ['kafka1', 'kafka2', 'kafka3']) {
      const options = ['--network', home, '--network-alias', name, '--hostname', name];
      containers[name] = runContainer(`${name}-${suffix}`, options);
      addresses[name] = networksOf(name)[home]!.IPAddress;
    }
    network = (await dockerNetworks(containers, process.env))!;
  });
  afterAll(() => {
    docker('rm', '-f', ...Object.values(containers));
    docker('network', 'rm', home);
  });

  const change: NetworkChange = { action: 'partition', groups: [['kafka2', 'kafka3'], ['kafka1']] };
  const networksOf = (broker: string): Record<string, { Aliases: string[]; IPAddress: string }> =>
    (
      JSON.parse(docker('inspect', containers[broker]!)) as [
        { NetworkSettings: { Networks: Record<string, { Aliases: string[]; IPAddress: string }> } },
      ]
    )[0].NetworkSettings.Networks;
  const hostsOf = (broker: string): string =>
    docker(
      'exec',
      containers[broker]!,
      '/bin/sh',
      '-c',
      'while read -r line; do echo "$line"; done < /etc/hosts',
    );
  const ourNetworks = (): string[] =>
    docker('network', 'ls', '--filter', 'label=kafka-bench=partition', '--format', '{{.Name}}')
      .split('\n')
      .filter((name) => name !== '');

  test('the smaller side moves out with its names, is seen apart, and is brought back', async () => {
    expect(await network.observed(change, null)).toBeNull();
    await network.inject(change, null);
    expect(await network.observed(change, null)).toBe(
      `no network in common: ${containers['kafka2']!} and ${containers['kafka1']!}, ${containers['kafka3']!} and ${containers['kafka1']!}`,
    );
    const [away] = Object.entries(networksOf('kafka1'));
    expect(away![0]).toMatch(/^kafka-bench-.*-1$/);
    expect(away![1].Aliases).toContain('kafka1');
    expect(Object.keys(networksOf('kafka2'))).toEqual([home]);
    // Nobody asks the engine's name server for the other side: it would ask outside.
    const home1 = addresses['kafka1']!;
    expect(hostsOf('kafka2')).toContain(`${home1} ${containers['kafka1']!} kafka1`);
    expect(hostsOf('kafka1')).toContain(`${addresses['kafka2']!} ${containers['kafka2']!} kafka2`);
    expect(hostsOf('kafka1')).toContain(`${addresses['kafka3']!} ${containers['kafka3']!} kafka3`);
    expect(hostsOf('kafka2')).not.toContain('kafka3');
    const left = await network.heal(change, null);
    expect(Object.keys(networksOf('kafka1'))).toEqual([home]);
    expect(networksOf('kafka1')[home]!.Aliases).toContain('kafka1');
    // Its own name leads nowhere else; without a line of its own the engine's name server knows it.
    const { IPAddress } = networksOf('kafka1')[home]!;
    const named = [...hostsOf('kafka1').matchAll(/^\S+(?=.*kafka1)/gm)].map(String);
    expect(named.filter((address) => address !== IPAddress)).toEqual([]);
    for (const broker of Object.keys(containers)) expect(hostsOf(broker)).not.toContain('# kafka-bench');
    expect(await network.observed(change, null)).toBeNull();
    // The network holds the address that kafka1 had there, until nobody can remember it.
    expect(left).toMatchObject({ kind: 'side-networks', networks: [away![0]] });
    expect(ourNetworks()).toContain(away![0]);
    expect(await performUndo({ ...(left as SideNetworksUndo), since: Date.now() - holdMillis })).toEqual({
      what: `${away![0]} removed`,
      needed: true,
    });
    expect(ourNetworks()).not.toContain(away![0]);
  });

  test('the journal’s entry alone suffices, also where the change had come half-way, and it may be repeated', async () => {
    const undo = JSON.parse(JSON.stringify(network.undoOf(change, null))) as Undo & { kind: 'network' };
    const { network: away, container } = undo.moved[0]!;
    docker('network', 'create', '--label', 'kafka-bench=partition', away);
    docker('network', 'connect', away, container);
    expect(await performUndo(undo)).toMatchObject({ what: `${container} back in ${home}`, needed: true });
    expect(Object.keys(networksOf('kafka1'))).toEqual([home]);
    const again = await performUndo(undo);
    expect(again).toMatchObject({ what: `${container} in ${home} already`, needed: false });
    const over = { ...(again.left as SideNetworksUndo), since: Date.now() - holdMillis };
    expect(await performUndo(over)).toMatchObject({ what: `${away} removed` });
    expect(await performUndo(over)).toMatchObject({ what: `${away} gone already`, needed: false });
  });

  test('one direction is refused', () => {
    expect(() => network.check({ ...change, direction: 'in' })).toThrow(/both ways, not only in/);
  });

  test('containers without a network in common cannot be parted', async () => {
    const alone = runContainer(`alone-${suffix}`, []);
    try {
      expect(await dockerNetworks({ ...containers, kafka4: alone }, process.env)).toBeUndefined();
    } finally {
      docker('rm', '-f', alone);
    }
  });
});

test('without an engine nothing is known of networks, and nothing counts as undone', async () => {
  const undo = {
    kind: 'network',
    home: 'kafka',
    staying: [],
    moved: [{ container: 'kafka1', network: 'side', aliases: [] }],
  } as const;
  // The client prints an empty list all the same.
  const told = (words: string) => {
    const { env, remove } = environmentWith({ docker: `echo "[]"; echo "${words}" >&2; exit 1` });
    onTestFinished(remove);
    return { PATH: env['PATH']! };
  };
  await expect(undoNetworks({ ...undo, env: told('Cannot connect to the Docker daemon') })).rejects.toThrow(
    'cannot inspect kafka1: Cannot connect',
  );
  expect(await undoNetworks({ ...undo, env: told('Error: No such container: kafka1') })).toMatchObject({
    needed: false,
  });
});
