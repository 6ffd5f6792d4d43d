import { BenchError } from '../../base/errors.ts';
import { parseBytesPerSecond } from '../../base/units.ts';
import type { BrokerTraffic, ProxyControl, ProxyFault } from '../../cluster/cluster.ts';
import type { NetworkDriver } from '../driver.ts';
import type { NetworkChange } from '../fault.ts';

/**
 * Faults on the connections between clients and brokers, at the built-in proxy. It ends with the run, and every fault
 * with it, so that there is nothing to write down.
 */
export function proxyNetwork(proxy: ProxyControl, seed: number): NetworkDriver {
  /** What had passed when the fault came into force. */
  const before = new Map<string, BrokerTraffic>();
  const key = (change: NetworkChange, broker: string): string => `${change.action} ${broker}`;
  return {
    features: new Set(['degrade', 'drop']),
    whyNot: proxy.noPartition,
    check: (change) => proxy.check(proxyFault(change, seed)),
    undoOf: () => null,
    async inject(change, broker) {
      const name = needed(broker);
      before.set(key(change, name), await proxy.set(name, proxyFault(change, seed)));
      return undefined;
    },
    async heal(change, broker) {
      await proxy.clear(needed(broker), proxyFault(change, seed).kind);
    },
    async observed(change, broker) {
      const name = needed(broker);
      const then = before.get(key(change, name));
      const now = (await proxy.stats()).find((traffic) => traffic.broker === name);
      return then && now ? seen(change, then, now) : null;
    },
  };
}

function seen(change: NetworkChange, then: BrokerTraffic, now: BrokerTraffic): string | null {
  if (change.action === 'degrade') {
    const { direction = 'both' } = change;
    const ways = direction === 'both' ? (['in', 'out'] as const) : ([direction] as const);
    const bytes = ways.reduce<number>((sum, way) => sum + now[way].received - then[way].received, 0);
    return bytes > 0 ? `${bytes} bytes went through it` : null;
  }
  const requests = now.dropped.requests - then.dropped.requests;
  const responses = now.dropped.responses - then.dropped.responses;
  const parts = [counted(requests, 'request'), counted(responses, 'response')].filter((part) => part !== '');
  return parts.length > 0 ? `${parts.join(' and ')} swallowed` : null;
}

function counted(count: number, what: string): string {
  return count === 0 ? '' : `${count} ${what}${count === 1 ? '' : 's'}`;
}

function proxyFault(change: NetworkChange, seed: number): ProxyFault {
  switch (change.action) {
    case 'degrade': {
      const { latency, jitter, bandwidth, direction } = change;
      const bytesPerSecond = bandwidth === undefined ? undefined : bandwidthOf(bandwidth);
      return { kind: 'degrade', latency, jitter, bytesPerSecond, direction, seed };
    }
    case 'drop': {
      const { requests, responses, share } = change;
      return { kind: 'drop', requests, responses, share, seed };
    }
    case 'partition':
      throw new BenchError('scenario', 'the proxy cannot part brokers from each other');
  }
}

function bandwidthOf(text: string): number {
  const bytes = parseBytesPerSecond(text);
  if (bytes !== undefined && bytes > 0) return bytes;
  throw new BenchError('scenario', `expected a bandwidth such as 10MB/s, got "${text}"`);
}

function needed(broker: string | null): string {
  if (broker === null) throw new BenchError('cluster', 'the proxy needs a broker to act on');
  return broker;
}
