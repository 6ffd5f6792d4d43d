import { randomBytes } from 'node:crypto';
import { BenchError } from '../../base/errors.ts';
import type { NetworkDriver } from '../driver.ts';
import type { NetworkChange, PartitionSpec } from '../fault.ts';
import type { Undo, Undone } from '../undo.ts';
import { docker } from './command.ts';
import { engineSettings } from './engine-settings.ts';

export type NetworkUndo = Undo & { kind: 'network' };

interface Endpoint {
  readonly aliases: readonly string[];
  readonly address: string;
}

/** Where a container is, by network. */
type Networks = ReadonlyMap<string, Endpoint>;

interface Raw {
  readonly Name: string;
  readonly NetworkSettings: {
    Networks?: Record<string, { Aliases?: string[] | null; IPAddress?: string }> | null;
  };
}

/**
 * Parts containers from each other by moving sides into networks of their own; the largest side, and whoever is on
 * none, stays. Their published ports stay open, so that clients on the engine's machine see both sides. Undefined where
 * the containers do not share exactly one network.
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
  const undoOf = (change: NetworkChange): NetworkUndo => ({
    kind: 'network',
    home,
    moved: moves(groupsOf(change)),
    env: engineSettings(env),
  });

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
      // First in, then out: a container without any network would lose its published ports.
      for (const { container, network, aliases } of moved) await connect(container, network, aliases, env);
      const names = moved.map(({ container }) => container);
      const now = await networksOf(names, env);
      for (const container of names) await leave(container, home, now.get(container), env);
      return undefined;
    },
    async heal(change) {
      await undoNetworks(undoOf(change));
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

/** From a journal entry alone; safe to repeat. Rejects while something is left, to be tried again. */
export async function undoNetworks({ home, moved, env: settings }: NetworkUndo): Promise<Undone> {
  const env = { ...process.env, ...settings };
  const now = await networksOf(
    moved.map(({ container }) => container),
    env,
  );
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
  for (const network of new Set(moved.map((move) => move.network))) {
    const there = await docker(['network', 'inspect', network], { env });
    if (there.ok) await must(['network', 'rm', network], env);
  }
  const names = moved.map(({ container }) => container).join(', ');
  return { what: needed ? `${names} back in ${home}` : `${names} in ${home} already`, needed };
}

/** Of those containers that exist. @throws BenchError('cluster') when no engine answers */
async function networksOf(
  containers: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<ReadonlyMap<string, Networks>> {
  // inspect fails when one is missing and still prints the others.
  const { stdout, reason } = await docker(['container', 'inspect', ...containers], { env });
  if (stdout.trim() === '')
    throw new BenchError('cluster', `cannot inspect ${containers.join(', ')}: ${reason}`);
  const found = (JSON.parse(stdout) as Raw[]).map(({ Name, NetworkSettings: { Networks } }) => {
    const networks = Object.entries(Networks ?? {}).map(
      ([name, { Aliases, IPAddress }]) =>
        [name, { aliases: Aliases ?? [], address: IPAddress ?? '' }] as const,
    );
    return [Name.replace(/^\//, ''), new Map(networks)] as const;
  });
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

/**
 * Older engines (20.10) may leave the container's address in that network in its own /etc/hosts: the broker would reach
 * for itself where nobody is, or somebody else.
 */
async function leave(
  container: string,
  network: string,
  networks: Networks | undefined,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  await must(['network', 'disconnect', network, container], env);
  const address = networks?.get(network)?.address ?? '';
  if (!/^[0-9.]+$/.test(address)) return;
  // A mounted file: written in place. A container that has no shell, or is down, keeps the line.
  const script = `hosts=$(while read -r ip names; do [ "$ip" = "${address}" ] || echo "$ip $names"; done < /etc/hosts); echo "$hosts" > /etc/hosts`;
  await docker(['exec', '--user', '0', container, 'sh', '-c', script], { env });
}

async function must(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const result = await docker(args, { env, timeoutMillis: 30_000 });
  if (!result.ok) throw new BenchError('cluster', `docker ${args.join(' ')} failed: ${result.reason}`);
}
