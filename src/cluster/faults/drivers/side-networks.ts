import { sleep } from '../../../base/clock.ts';
import { BenchError } from '../../../base/errors.ts';
import type { Undo, Undone } from '../undo.ts';
import { docker } from './command.ts';

export type SideNetworksUndo = Undo & { kind: 'side-networks' };

/**
 * A JVM keeps a resolved address for 30 s, and an attempt to connect that it began with it goes on for another 30 s
 * (`socket.connection.setup.timeout.max.ms`).
 */
export const holdMillis = 60_000;

/**
 * Removes the networks of a partition that is over, once no broker can remember an address in them. As long as a
 * network is there, its bridge is the route of what is sent to such an address, and there it ends; without it, it would
 * take the engine's default route and leave the machine. Waits until 60 s have passed; rejects while connections to
 * addresses there are left, to be tried again: of a broker's connection to itself one half stays until it has been idle
 * for `connections.max.idle.ms`, and is then still to be closed.
 */
export async function removeSideNetworks({
  networks,
  containers,
  since,
  env: settings,
}: SideNetworksUndo): Promise<Undone> {
  const env = { ...process.env, ...settings };
  await sleep(Math.max(0, since + holdMillis - Date.now()));
  let needed = false;
  for (const network of networks) {
    const subnets = await subnetsOf(network, env);
    if (!subnets) continue;
    for (const container of containers) {
      const there = (await remoteAddresses(container, env)).find((address) =>
        subnets.some((subnet) => isWithin(address, subnet)),
      );
      if (there !== undefined)
        throw new BenchError(
          'cluster',
          `${container} still has a connection to ${there}, which was in ${network}`,
        );
    }
    const removed = await docker(['network', 'rm', network], { env, timeoutMillis: 30_000 });
    if (!removed.ok)
      throw new BenchError('cluster', `docker network rm ${network} failed: ${removed.reason}`);
    needed = true;
  }
  return { what: `${networks.join(', ')} ${needed ? 'removed' : 'gone already'}`, needed };
}

/** Undefined where there is no such network. @throws BenchError('cluster') when no engine answers */
async function subnetsOf(network: string, env: NodeJS.ProcessEnv): Promise<readonly string[] | undefined> {
  const format = '{{range .IPAM.Config}}{{.Subnet}} {{end}}';
  const { ok, stdout, reason } = await docker(['network', 'inspect', '-f', format, network], { env });
  if (ok) return stdout.trim().split(/\s+/);
  if (/no such network|not found/i.test(reason)) return undefined;
  throw new BenchError('cluster', `cannot inspect network ${network}: ${reason}`);
}

/** IPv4 addresses that a container's TCP connections lead to; none of one that does not run, or has no shell. */
async function remoteAddresses(container: string, env: NodeJS.ProcessEnv): Promise<string[]> {
  const script =
    'while read -r line; do echo "$line"; done < /proc/net/tcp; while read -r line; do echo "$line"; done < /proc/net/tcp6';
  const { stdout } = await docker(['exec', '--user', '0', container, 'sh', '-c', script], { env });
  return stdout.split('\n').flatMap((line) => remoteAddress(line) ?? []);
}

/** Connections that are over, or wait for the last packets of one that is. */
const overStates = new Set(['06', '07']);

/**
 * Of a line of /proc/net/tcp or tcp6, `0: 020013AC:2385 030013AC:A4F2 01 …`: local, remote, state. Addresses are words
 * in the machine's byte order, which is little-endian wherever Docker engines run; IPv4 in tcp6 stands in the last.
 */
export function remoteAddress(line: string): string | undefined {
  const [, , remote = '', state = ''] = line.trim().split(/\s+/);
  const match = /^(?:0{16}FFFF0000)?([0-9A-F]{8}):[0-9A-F]{4}$/.exec(remote);
  if (!match || overStates.has(state)) return undefined;
  return match[1]!
    .match(/../g)!
    .map((byte) => parseInt(byte, 16))
    .reverse()
    .join('.');
}

/** `172.19.0.2` in `172.19.0.0/16`. */
export function isWithin(address: string, subnet: string): boolean {
  const [network = '', bits = ''] = subnet.split('/');
  if (!/^[0-9.]+$/.test(network)) return false;
  const size = 2 ** (32 - Number(bits));
  return Math.floor(numberOf(address) / size) === Math.floor(numberOf(network) / size);
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
}
