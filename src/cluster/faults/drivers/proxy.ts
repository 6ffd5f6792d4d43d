import { BenchError } from '../../../base/errors.ts';
import { parseBytesPerSecond } from '../../../base/units.ts';
import type { BrokerTraffic, ProxyControl, ProxyFault } from '../../cluster.ts';
import type { NetworkDriver } from '../driver.ts';
import { clientsSide } from '../fault.ts';
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
    features: new Set(['partition', 'degrade', 'drop', 'cut']),
    check: (change) => proxy.check(proxyFault(change, seed)),
    undoOf: () => null,
    async inject(change, broker) {
      const fault = proxyFault(change, seed);
      for (const name of brokersOf(change, broker))
        before.set(key(change, name), await proxy.set(name, fault));
      return undefined;
    },
    async heal(change, broker) {
      const { kind } = proxyFault(change, seed);
      for (const name of brokersOf(change, broker)) await proxy.clear(name, kind);
      return null;
    },
    async observed(change, broker) {
      const now = await proxy.stats();
      const found = brokersOf(change, broker).flatMap((name) => {
        const then = before.get(key(change, name));
        const traffic = now.find((one) => one.broker === name);
        const text = then && traffic ? seen(change, then, traffic) : null;
        return text === null ? [] : [change.action === 'partition' ? `${name}: ${text}` : text];
      });
      return found.length > 0 ? found.join(', ') : null;
    },
  };
}

/** Whose connections: the target's, or of those that a partition parts from the clients. */
function brokersOf(change: NetworkChange, broker: string | null): readonly string[] {
  if (change.action === 'partition') {
    return change.groups.filter((group) => !group.includes(clientsSide)).flat();
  }
  if (broker === null) throw new BenchError('cluster', 'the proxy needs a broker to act on');
  return [broker];
}

function seen(change: NetworkChange, then: BrokerTraffic, now: BrokerTraffic): string | null {
  switch (change.action) {
    case 'degrade': {
      const bytes = sumOver(change.direction, (way) => now[way].received - then[way].received);
      return bytes > 0 ? `${bytes} bytes went through it` : null;
    }
    case 'partition': {
      const bytes = sumOver(change.direction, (way) => now[way].swallowed - then[way].swallowed);
      return bytes > 0 ? `${bytes} bytes swallowed` : null;
    }
    case 'cut':
      // What was open when it came into force is gone at once; those who try again find the port closed.
      return now.listening || now.connections.open > 0
        ? null
        : `${counted(now.connections.reset - then.connections.reset + then.connections.open, 'connection') || 'no connection'} reset, port closed`;
    case 'drop': {
      const requests = now.dropped.requests - then.dropped.requests;
      const responses = now.dropped.responses - then.dropped.responses;
      const parts = [counted(requests, 'request'), counted(responses, 'response')].filter(
        (part) => part !== '',
      );
      return parts.length > 0 ? `${parts.join(' and ')} swallowed` : null;
    }
  }
}

function sumOver(direction: 'both' | 'in' | 'out' = 'both', bytes: (way: 'in' | 'out') => number): number {
  return direction === 'both' ? bytes('in') + bytes('out') : bytes(direction);
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
      const { requests, responses, share, reset } = change;
      return { kind: 'drop', requests, responses, share, reset, seed };
    }
    case 'partition':
      return { kind: 'blackhole', direction: change.direction };
    case 'cut':
      return { kind: 'cut' };
  }
}

function bandwidthOf(text: string): number {
  const bytes = parseBytesPerSecond(text);
  if (bytes !== undefined && bytes > 0) return bytes;
  throw new BenchError('scenario', `expected a bandwidth such as 10MB/s, got "${text}"`);
}
