import type { Cluster } from '../../cluster.ts';
import type { FaultDriver } from '../driver.ts';
import { composeDriver, dockerDriver } from './docker.ts';
import { execDriver } from './exec.ts';
import { localDriver } from './local.ts';
import { joinNetworks } from './partition.ts';
import { proxyNetwork } from './proxy.ts';

export interface DriverOptions {
  /** A scenario's `cluster.containers` and `cluster.commands`. */
  readonly containers?: Readonly<Record<string, string>> | undefined;
  readonly commands?: Readonly<Record<string, string>> | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Where the user's commands run: the scenario's directory. */
  readonly cwd: string;
  /** The run's: what the proxy draws by chance comes from it. Default 0. */
  readonly seed?: number | undefined;
}

/** How faults reach this cluster. One that nobody can break has a driver without actions, which the plan refuses. */
export async function openDriver(cluster: Cluster, options: DriverOptions): Promise<FaultDriver> {
  const driver = await brokerDriver(cluster, options);
  const proxy = cluster.proxy && proxyNetwork(cluster.proxy, options.seed ?? 0);
  const network = joinNetworks(proxy, driver.network);
  return network ? { ...driver, network } : driver;
}

async function brokerDriver(cluster: Cluster, options: DriverOptions): Promise<FaultDriver> {
  const { containers = {}, commands = {}, env, cwd } = options;
  if (cluster.kind === 'local') return localDriver(cluster, env);
  if (cluster.kind === 'compose') return composeDriver(cluster, env);
  if (cluster.kind === 'external' && Object.keys(containers).length > 0) {
    return dockerDriver(cluster, containers, env);
  }
  if (cluster.kind === 'external' && Object.keys(commands).length > 0) {
    return execDriver(cluster, commands, cwd);
  }
  return {
    name: cluster.kind,
    brokers: cluster.brokers.map(({ id, name }) => ({ id, name })),
    actions: new Set(),
    act: (action, broker) => cluster.act(action, broker),
    undoOf: () => {
      throw new Error(`${cluster.kind} has no faults`);
    },
    undo: () => Promise.reject(new Error(`${cluster.kind} has no faults`)),
  };
}
