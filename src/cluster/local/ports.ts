import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { randomInt } from 'node:crypto';

/** Below it live well-known services, the ports of docker-compose.yml lie above. */
const lowest = 17_000;
const composePorts = 29_000;

/**
 * Free loopback ports, none of `taken`. Not ports that the system hands to outgoing connections: while kafka2 is
 * stopped, another client's connection could take its port and it would never start again.
 */
export async function freePorts(count: number, taken: ReadonlySet<number>): Promise<number[]> {
  const highest = Math.min(firstEphemeralPort(), composePorts);
  const found = new Set<number>();
  for (let attempts = 0; found.size < count && attempts < 2_000; attempts++) {
    const port = highest > lowest ? randomInt(lowest, highest) : await portOfSystem();
    if (!taken.has(port) && !found.has(port) && (await isFree(port))) found.add(port);
  }
  return [...found];
}

function firstEphemeralPort(): number {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/)[0]);
  } catch {
    // macOS and the other BSDs: IANA's range.
    return 49_152;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function portOfSystem(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
