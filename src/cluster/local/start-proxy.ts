import { sleep } from '../../base/clock.ts';
import { BenchError } from '../../base/errors.ts';
import type { BrokerAction } from '../cluster.ts';
import { ProxyProcess } from '../proxy/proxy-control.ts';
import { identityOf, isAlive } from './process-identity.ts';
import { isBroker } from './state.ts';
import type { ClusterState, ClusterStates } from './state.ts';

const host = '127.0.0.1';

/** Whether a run has a proxy before these brokers. */
export function hasProxy(state: ClusterState): boolean {
  return state.proxy != null && isAlive(state.proxy);
}

/** Starts a proxy on the ports that the brokers advertise for it. Throws BenchError when they have one already. */
export function startProxy(state: ClusterState, states: ClusterStates): Promise<ProxyProcess> {
  return states.locked(async () => {
    const now = states.read(state.id) ?? state;
    if (hasProxy(now)) {
      throw new BenchError('cluster', `another run uses the local cluster ${state.id} through its proxy`, {
        hint: 'wait for it to end, or start another cluster',
      });
    }
    const routes = now.nodes.filter(isBroker).map(({ name, ports }) => ({
      broker: name,
      listen: { host, port: ports.advertised },
      forward: { host, port: ports.proxied },
    }));
    const proxy = await ProxyProcess.start({ routes, tls: false });
    states.setProxy(state.id, identityOf(proxy.pid) ?? null);
    return proxy;
  });
}

/** As long as the proxy tries a broker again and again; it sees an end at once. */
const followMillis = 5_000;

/**
 * Resolves once clients see through the proxy what has become of the broker: its port is closed with the broker's
 * end and open with its start. Where it does not come to that, or a fault cuts the broker off, says nothing.
 */
export async function followed(proxy: ProxyProcess, action: BrokerAction, broker: string): Promise<void> {
  const deadline = performance.now() + followMillis;
  while ((action === 'stop' || action === 'kill' || action === 'start') && performance.now() < deadline) {
    const traffic = (await proxy.stats()).find((one) => one.broker === broker);
    if (!traffic || traffic.faults.some((fault) => fault.kind === 'cut')) return;
    if (traffic.listening === (action === 'start')) return;
    await sleep(20);
  }
}
