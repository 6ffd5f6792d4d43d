import { randomBytes } from 'node:crypto';
import { BenchError } from '../../../base/errors.ts';
import type { NetworkDriver } from '../driver.ts';
import type { NetworkChange, PartitionSpec } from '../fault.ts';
import type { Undo, Undone } from '../undo.ts';
import { docker } from './command.ts';
import { isMissing } from './inspect.ts';
import { addHosts, forgetAddress, removeHosts } from './container-hosts.ts';
import { engineSettings } from '../../compose/engine-settings.ts';
import type { SideNetworksUndo } from './side-networks.ts';

export type NetworkUndo = Undo & { kind: 'network' };

interface Endpoint {
  readonly aliases: readonly string[];
  /** All that the container is called there. */
  readonly names: readonly string[];
  readonly address: string;
}

/** Where a container is, by network. */
type Networks = ReadonlyMap<string, Endpoint>;

interface Raw {
  readonly Name: string;
  readonly Config: { readonly Hostname?: string };
  readonly NetworkSettings: {
    Networks?: Record<string, { Aliases?: string[] | null; IPAddress?: string }> | null;
  };
}

/**
 * Parts containers from each other by moving sides into networks of their own; the largest side, and whoever is on
 * none, stays. Their published ports stay open, so that clients on the engine's machine see both sides. Undefined where
 * the containers do not share exactly one network.
 *
 * Nothing that brokers send to each other may leave the engine's bridges, neither while they are apart nor after:
 * meanwhile each has the others' old addresses in its hosts file, because the engine would ask outside for names that
 * it does not know; afterwards the networks stay until their addresses are forgotten (side-networks.ts).
 */
export async function dockerNetworks(
  containers: Readonly<Record<string, string>>,
  env: NodeJS.ProcessEnv,
): Promise<NetworkDriver | undefined> {
  const names = Object.values(containers);
  const found = await networksOf(names, env).catch(() => new Map<string, Networks>());
  const shared = [...(found.get(names[0]!)?.keys() ?? [])].filter((network) =>
    names.every((name) => found.get(name)?.has(network)),
  );
  const [home] = shared;
  if (home === undefined || shared.length > 1) return undefined;
  const tag = randomBytes(4).toString('hex');

  const moves = (groups: PartitionSpec['groups']): NetworkUndo['moved'] =>
    leaving(groups).flatMap((group, side) =>
      group.map((broker) => {
        const container = containers[broker] ?? broker;
        const aliases = found.get(container)?.get(home)?.aliases ?? [];
        return { container, network: `kafka-bench-${tag}-${side + 1}`, aliases: [...aliases] };
      }),
    );
  const undoOf = (change: NetworkChange): NetworkUndo => {
    const moved = moves(groupsOf(change));
    const staying = names.filter((name) => moved.every(({ container }) => container !== name));
    return { kind: 'network', home, moved, staying, env: engineSettings(env) };
  };

  return {
    features: new Set(['partition']),
    check(change) {
      if (change.action !== 'partition' || (change.direction ?? 'both') === 'both') return;
      throw new BenchError(
        'scenario',
        `partition: docker networks part brokers both ways, not only ${change.direction}`,
        {
          hint: 'leave direction out; with clients as one of the groups and the proxy, one direction is possible',
        },
      );
    },
    undoOf,
    async inject(change) {
      const { moved } = undoOf(change);
      for (const network of new Set(moved.map((move) => move.network))) {
        await must(['network', 'create', '--label', 'kafka-bench=partition', network], env);
      }
      const before = await networksOf(names, env);
      const sideOf = (name: string): string => moved.find((move) => move.container === name)?.network ?? home;
      await Promise.all(
        names.map((name) => {
          const away = names.filter((other) => sideOf(other) !== sideOf(name));
          const lines = away.flatMap((other) => before.get(other)?.get(home) ?? []);
          return addHosts(
            name,
            lines.map(({ address, names }) => ({ address, names })),
            env,
          );
        }),
      );
      // First in, then out: a container without any network would lose its published ports.
      for (const { container, network, aliases } of moved) await connect(container, network, aliases, env);
      const leaving = moved.map(({ container }) => container);
      const now = await networksOf(leaving, env);
      for (const container of leaving) await leave(container, home, now.get(container), env);
      return undefined;
    },
    async heal(change) {
      return (await undoNetworks(undoOf(change))).left;
    },
    async observed(change) {
      const groups = groupsOf(change).map((group) => group.map((broker) => containers[broker] ?? broker));
      const now = await networksOf(groups.flat(), env);
      const meets = (a: string, b: string): boolean =>
        [...(now.get(a)?.keys() ?? [])].some((network) => now.get(b)?.has(network));
      const across = groups.flatMap((group, i) =>
        group.flatMap((a) => groups.slice(i + 1).flatMap((others) => others.map((b) => [a, b] as const))),
      );
      if (across.length === 0 || across.some(([a, b]) => meets(a, b))) return null;
      return `no network in common: ${across.map(([a, b]) => `${a} and ${b}`).join(', ')}`;
    },
  };
}

function groupsOf(change: NetworkChange): PartitionSpec['groups'] {
  return change.action === 'partition' ? change.groups : [];
}

/** All sides but the largest, the first of several. */
function leaving(groups: PartitionSpec['groups']): PartitionSpec['groups'] {
  const most = Math.max(...groups.map((group) => group.length));
  const stays = groups.findIndex((group) => group.length === most);
  return groups.filter((_, i) => i !== stays);
}

/**
 * Brings all back to `home`, from a journal entry alone; safe to repeat. `left`: what is to be done when nobody remembers
 * where they were.
 */
export async function undoNetworks({
  home,
  moved,
  staying = [],
  env: settings,
}: NetworkUndo): Promise<Undone & { left: SideNetworksUndo }> {
  const env = { ...process.env, ...settings };
  const containers = moved.map(({ container }) => container);
  const now = await networksOf(containers, env);
  let needed = false;
  for (const { container, network, aliases } of moved) {
    const networks = now.get(container);
    if (!networks) continue;
    if (!networks.has(home)) {
      needed = true;
      await connect(container, home, aliases, env);
    }
    if (networks.has(network)) {
      needed = true;
      await leave(container, network, networks, env);
    }
  }
  await Promise.all([...containers, ...staying].map((container) => removeHosts(container, env)));
  const names = containers.join(', ');
  return {
    what: needed ? `${names} back in ${home}` : `${names} in ${home} already`,
    needed,
    left: {
      kind: 'side-networks',
      networks: [...new Set(moved.map(({ network }) => network))],
      containers: [...containers, ...staying],
      since: Date.now(),
      env: settings,
    },
  };
}

/** Of those containers that exist. @throws BenchError('cluster') when no engine answers */
async function networksOf(
  containers: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<ReadonlyMap<string, Networks>> {
  // inspect fails when one is missing and still prints the others.
  const result = await docker(['container', 'inspect', ...containers], { env });
  if (!result.ok && !isMissing(result))
    throw new BenchError('cluster', `cannot inspect ${containers.join(', ')}: ${result.reason}`);
  const found = (JSON.parse(result.stdout) as Raw[]).map(
    ({ Name, Config: { Hostname = '' }, NetworkSettings: { Networks } }) => {
      const container = Name.replace(/^\//, '');
      const networks = Object.entries(Networks ?? {}).map(([name, { Aliases, IPAddress }]) => {
        const aliases = Aliases ?? [];
        const names = new Set([container, Hostname, ...aliases].filter((known) => known !== ''));
        return [name, { aliases, names: [...names], address: IPAddress ?? '' }] as const;
      });
      return [container, new Map(networks)] as const;
    },
  );
  return new Map(found);
}

function connect(
  container: string,
  network: string,
  aliases: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const named = aliases.flatMap((alias) => ['--alias', alias]);
  return must(['network', 'connect', ...named, network, container], env);
}

async function leave(
  container: string,
  network: string,
  networks: Networks | undefined,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  await must(['network', 'disconnect', network, container], env);
  const address = networks?.get(network)?.address ?? '';
  if (/^[0-9.]+$/.test(address)) await forgetAddress(container, address, env);
}

async function must(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const result = await docker(args, { env, timeoutMillis: 30_000 });
  if (!result.ok) throw new BenchError('cluster', `docker ${args.join(' ')} failed: ${result.reason}`);
}
