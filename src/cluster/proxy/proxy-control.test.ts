import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { packageRoot } from '../../base/package-root.ts';
import { accepts } from '../contract.case.ts';
import { freePorts } from '../local/ports.ts';
import { identityOf, isAlive, waitForExit } from '../local/process-identity.ts';
import { Client, echo, serve, waitFor } from './echo.case.ts';
import { ProxyProcess } from './proxy-control.ts';
import type { Route } from './traffic.ts';

async function routeTo(broker: string, port: number): Promise<Route> {
  const [free] = await freePorts(1, new Set());
  return {
    broker,
    listen: { host: '127.0.0.1', port: free! },
    forward: { host: '127.0.0.1', port },
  };
}

async function started({ tls = true } = {}) {
  const { port } = await serve(echo);
  const routes = [await routeTo('kafka1', port), await routeTo('kafka2', port)];
  const proxy = await ProxyProcess.start({ routes, tls });
  onTestFinished(() => proxy.close());
  return { proxy, routes, ports: routes.map(({ listen }) => listen.port) };
}

test('faults of one broker leave the other alone, and their effect is told', async () => {
  const { proxy, ports } = await started();
  const [first, second] = [await Client.open(ports[0]!), await Client.open(ports[1]!)];
  const set = await proxy.set('kafka1', { kind: 'degrade', direction: 'in', latency: 50_000 });
  expect(set).toMatchObject({ broker: 'kafka1', faults: [{ kind: 'degrade', direction: 'in' }] });
  expect(await first.roundTrip(Buffer.from('ping'))).toBeGreaterThan(50_000);
  expect(await second.roundTrip(Buffer.from('ping'))).toBeLessThan(50_000);
  await proxy.set('kafka1', { kind: 'blackhole', direction: 'out' });
  first.socket.write('lost');
  await second.roundTrip(Buffer.alloc(100));
  await waitFor(() => first.bytes === 4);
  const cleared = await proxy.clear('kafka1');
  expect(cleared.faults).toEqual([]);
  expect(await proxy.stats()).toMatchObject([
    { broker: 'kafka1', in: { received: 8 } },
    { broker: 'kafka2', in: { received: 104, forwarded: 104 }, out: { forwarded: 104 } },
  ]);
});

test('what it refuses arrives as it was said, and is told without asking the process', async () => {
  const { proxy, routes } = await started();
  const drop = { kind: 'drop', responses: 'produce' } as const;
  await expect(proxy.set('kafka1', drop)).rejects.toMatchObject({
    name: 'BenchError',
    code: 'scenario',
    message: expect.stringContaining('TLS') as string,
    hint: expect.stringContaining('plaintext') as string,
  });
  expect(() => proxy.check(drop)).toThrow(/TLS/);
  expect(() => proxy.check({ kind: 'cut' })).not.toThrow();
  await expect(proxy.set('kafka3', { kind: 'cut' })).rejects.toThrow(/no broker kafka3/);
  await expect(ProxyProcess.start({ routes, tls: false })).rejects.toThrow(/another process listens/);
});

test('closed, or killed by somebody, it says so and leaves nothing behind', async () => {
  const { proxy, ports } = await started();
  const identity = identityOf(proxy.pid)!;
  const client = await Client.open(ports[0]!);
  process.kill(proxy.pid, 'SIGKILL');
  await waitForExit(identity, 5_000);
  await expect(proxy.stats()).rejects.toThrow(/the proxy was killed by SIGKILL/);
  await waitFor(() => client.over);
  await proxy.close();
  const other = await started();
  await Promise.all([other.proxy.close(), other.proxy.close()]);
  expect(await accepts('127.0.0.1', other.ports[0]!)).toBe(false);
});

test('it ends with the process that started it, however that ends', async () => {
  const { port } = await serve(echo);
  const route = await routeTo('kafka1', port);
  const control = JSON.stringify(join(packageRoot(), 'dist/cluster/proxy/proxy-control.js'));
  const script = `
    import { ProxyProcess } from ${control};
    const proxy = await ProxyProcess.start(${JSON.stringify({ routes: [route], tls: true })});
    console.log(proxy.pid);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [pid] = (await once(parent.stdout, 'data')) as [Buffer];
  const identity = identityOf(Number(pid))!;
  await Client.open(route.listen.port);
  // Ctrl-C reaches the group: clients still drain through the proxy.
  process.kill(identity.pid, 'SIGINT');
  await Client.open(route.listen.port);
  expect(isAlive(identity)).toBe(true);
  parent.kill('SIGKILL');
  expect(await waitForExit(identity, 5_000)).toBe(true);
});
