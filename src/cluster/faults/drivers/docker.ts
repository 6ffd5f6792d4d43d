import { brokerActions } from '../../../base/choices.ts';
import { BenchError } from '../../../base/errors.ts';
import type { Broker, BrokerAction, Cluster } from '../../cluster.ts';
import type { FaultDriver, NamedBroker } from '../driver.ts';
import { dockerUndo, undoDocker, untilHealthy } from './docker-undo.ts';
import type { DockerUndo } from './docker-undo.ts';
import { docker } from './command.ts';
import { dockerNetworks, undoNetworks } from './docker-networks.ts';
import { ContainerStates } from './container-states.ts';
import { inspectContainer, stopNote } from './inspect.ts';
import type { InspectedContainer } from './inspect.ts';

const actions: ReadonlySet<BrokerAction> = new Set(brokerActions);

/** Containers of docker-compose.yml, which are named as their services. */
export function composeDriver(
  cluster: Pick<Cluster, 'brokers'>,
  env: NodeJS.ProcessEnv,
): Promise<FaultDriver> {
  const containers = Object.fromEntries(cluster.brokers.map(({ name }) => [name, name]));
  return containerDriver('compose', cluster.brokers, containers, env);
}

/**
 * Containers of an external cluster, `containers` by broker name as the scenario maps them. Throws BenchError
 * ('cluster') when a container is not there or is not to be told whose broker it is.
 */
export async function dockerDriver(
  cluster: Pick<Cluster, 'brokers'>,
  containers: Readonly<Record<string, string>>,
  env: NodeJS.ProcessEnv,
): Promise<FaultDriver> {
  const brokers: NamedBroker[] = [];
  for (const [name, container] of Object.entries(containers)) {
    const inspected = await inspectContainer(container, env);
    brokers.push({ id: brokerId(name, container, inspected, cluster.brokers), name });
  }
  return containerDriver('docker', brokers, containers, env);
}

/** Not through Cluster.act: its docker command would end with a Ctrl-C in the terminal (command.ts). */
async function containerDriver(
  name: string,
  brokers: readonly NamedBroker[],
  containers: Readonly<Record<string, string>>,
  env: NodeJS.ProcessEnv,
): Promise<FaultDriver> {
  const network = await dockerNetworks(containers, env);
  const states = new ContainerStates(containers, env);
  const containerOf = (broker: string): string => {
    const container = containers[broker];
    if (container === undefined) throw new BenchError('cluster', `no container is named for ${broker}`);
    return container;
  };
  return {
    name,
    brokers: brokers.map((broker) => ({ id: broker.id, name: broker.name })),
    actions,
    async act(action, broker) {
      const container = containerOf(broker);
      // docker stop waits for the container's own grace period, however long that is.
      const result = await docker([action, container], { env, timeoutMillis: 120_000 });
      if (!result.ok)
        throw new BenchError('cluster', `docker ${action} ${container} failed: ${result.reason}`);
      if (action === 'start') await untilHealthy(container, env);
      return action === 'stop' ? stopNote(container, env) : undefined;
    },
    undoOf: (action, broker) => dockerUndo(action, containerOf(broker), env),
    undo: (undo) => (undo.kind === 'network' ? undoNetworks(undo) : undoDocker(undo as DockerUndo, true)),
    ...(network && { network }),
    state: async (broker) => (await inspectContainer(containerOf(broker), env)).state,
    states: () => states.read(),
    ending: (broker) => states.ending(broker),
    close: () => states.close(),
  };
}

/** Which broker a container is: its environment says, or its published port, or the number in the broker's name. */
function brokerId(
  name: string,
  container: string,
  { env, ports }: InspectedContainer,
  brokers: readonly Broker[],
): number {
  const told = env.map(
    (line) => /^(?:KAFKA_NODE_ID|KAFKA_BROKER_ID|KAFKA_CFG_NODE_ID)=(\d+)$/.exec(line)?.[1],
  );
  const candidates = [
    ...told.flatMap((id) => (id === undefined ? [] : [Number(id)])),
    ...brokers.filter(({ port }) => ports.includes(port)).map(({ id }) => id),
    Number(/(\d+)$/.exec(name)?.[1] ?? NaN),
  ];
  const id = candidates.find((candidate) => brokers.some((broker) => broker.id === candidate));
  if (id !== undefined) return id;
  throw new BenchError(
    'cluster',
    `cannot tell which broker container ${container} is (cluster.containers.${name})`,
    {
      hint: `name it kafka followed by the broker's id; the cluster has ${brokers.map((b) => b.id).join(', ')}`,
    },
  );
}
