import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { monotonic, sleep } from '../../base/clock.ts';
import { Client, echo, median, proxied, serve, waitFor } from './echo.case.ts';
import { TcpProxy } from './proxy.ts';

const ms = 1000;

describe('without a fault', () => {
  test('bytes pass both ways unchanged, and half-closed streams end on their own', async () => {
    const { proxy, port } = await proxied(echo);
    const data = randomBytes(8 * 2 ** 20);
    const client = await Client.open(port);
    let ended = false;
    client.socket.on('end', () => (ended = true));
    client.socket.end(data);
    expect((await client.has(data.length)).equals(data)).toBe(true);
    await waitFor(() => ended && client.closed);
    await waitFor(() => proxy.stats()[0]!.connections.open === 0);
    const all = { received: data.length, forwarded: data.length, swallowed: 0 };
    expect(proxy.stats()[0]).toMatchObject({
      broker: 'kafka1',
      connections: { accepted: 1, reset: 0 },
      in: all,
      out: all,
      faults: [],
    });
  });

  test('a receiver that does not read slows its sender down, and the proxy holds little', async () => {
    const { proxy, port } = await proxied((socket) => socket.write(Buffer.alloc(64 * 2 ** 20)));
    const client = await Client.open(port);
    client.socket.pause();
    let received = -1;
    while (received < 2 ** 20 || received !== proxy.stats()[0]!.out.received) {
      received = proxy.stats()[0]!.out.received;
      await sleep(300);
    }
    // Socket buffers of the kernel take a few MiB; the proxy keeps 1 MiB of its own.
    expect(received).toBeLessThan(32 * 2 ** 20);
    client.socket.resume();
    await client.has(64 * 2 ** 20);
  });

  test('while there is no broker the port is closed, and opens again with the broker', async () => {
    const { proxy, port, server } = await proxied(echo);
    const client = await Client.open(port);
    await client.roundTrip(Buffer.from('x'));
    server.stop();
    await waitFor(() => client.over && !proxy.stats()[0]!.listening);
    await expect(Client.open(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await serve(echo, server.port);
    await waitFor(() => proxy.stats()[0]!.listening);
    await (await Client.open(port)).roundTrip(Buffer.from('again'));
  });

  test('a cut holds, whatever the broker does meanwhile', async () => {
    const { proxy, port, server } = await proxied(echo);
    await proxy.set('kafka1', { kind: 'cut' });
    server.stop();
    await sleep(100);
    await serve(echo, server.port);
    await sleep(200);
    await expect(Client.open(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await proxy.clear('kafka1');
    await Client.open(port);
  });
});

describe('latency', () => {
  test.each([
    ['in', 30],
    ['out', 30],
    ['both', 60],
  ] as const)('%s: a round trip takes %i ms longer', async (direction, added) => {
    const { proxy, port } = await proxied(echo);
    const client = await Client.open(port);
    const trips = async (): Promise<number> => {
      const taken: number[] = [];
      for (let i = 0; i < 21; i++) taken.push(await client.roundTrip(Buffer.from('ping')));
      return median(taken);
    };
    const before = await trips();
    await proxy.set('kafka1', { kind: 'degrade', direction, latency: 30 * ms });
    const late = await trips();
    // Client and server share this test's event loop, all of them the machine: bench/proxying.ts measures alone.
    expect(late).toBeGreaterThan(added * ms);
    expect(late - before).toBeLessThan((added + 20) * ms);
    await proxy.clear('kafka1');
    expect(await trips()).toBeLessThan(added * ms);
  });

  test('each chunk is late by itself, not after the one before', async () => {
    const { proxy, port } = await proxied(echo);
    await proxy.set('kafka1', { kind: 'degrade', direction: 'in', latency: 100 * ms });
    const client = await Client.open(port);
    const sent: number[] = [];
    for (let i = 0; i < 60; i++) {
      sent.push(monotonic.now());
      client.socket.write(Buffer.from([i]));
      await sleep(2);
    }
    const received = await client.has(60);
    expect([...received]).toEqual([...Array(60).keys()]);
    const delays = client.chunks.flatMap(({ at, data }) => [...data].map((i) => at - sent[i]!));
    expect(Math.min(...delays)).toBeGreaterThan(100 * ms);
    expect(median(delays)).toBeLessThan(200 * ms);
    const { pieces, inTime, worst } = proxy.stats()[0]!.in.delayed;
    expect(pieces).toBe(60);
    expect(inTime).toBeGreaterThan(0);
    expect(worst).toBeGreaterThan(0);
    expect(proxy.stats()[0]!.out.delayed.pieces).toBe(0);
  });

  test('jitter varies it by as much either way and keeps the order; one seed gives the same again', async () => {
    const { proxy, port } = await proxied(echo);
    const delays = async (seed: number): Promise<number[]> => {
      await proxy.set('kafka1', {
        kind: 'degrade',
        direction: 'in',
        latency: 20 * ms,
        jitter: 10 * ms,
        seed,
      });
      const client = await Client.open(port);
      const taken: number[] = [];
      for (let i = 0; i < 40; i++) taken.push(await client.roundTrip(Buffer.from('x')));
      for (let i = 0; i < 100; i++) client.socket.write(Buffer.from([i]));
      expect([...(await client.has(140)).subarray(40)]).toEqual([...Array(100).keys()]);
      client.socket.destroy();
      await waitFor(() => proxy.stats()[0]!.connections.open === 0);
      return taken;
    };
    const [first, again, other] = [await delays(1), await delays(1), await delays(2)];
    expect(Math.min(...first)).toBeGreaterThan(10 * ms);
    expect(Math.min(...first)).toBeLessThan(15 * ms);
    expect(Math.max(...first)).toBeGreaterThan(25 * ms);
    const apart = (a: number[], b: number[]): number => median(a.map((value, i) => Math.abs(value - b[i]!)));
    expect(apart(first, other)).toBeGreaterThan(2 * apart(first, again));
  });

  test('what waits goes on at once when the fault is cleared', async () => {
    const { proxy, port } = await proxied(echo);
    await proxy.set('kafka1', { kind: 'degrade', latency: 60_000 * ms });
    const client = await Client.open(port);
    const trip = client.roundTrip(Buffer.from('waiting'));
    await sleep(50);
    expect(client.received).toHaveLength(0);
    await proxy.clear('kafka1', 'degrade');
    expect(await trip).toBeLessThan(2000 * ms);
    expect(client.received.toString()).toBe('waiting');
  });
});

describe('bandwidth', () => {
  test('limits all connections of a broker together, and flows rather than falls in lumps', async () => {
    const { proxy, port } = await proxied(echo);
    await proxy.set('kafka1', { kind: 'degrade', direction: 'out', bytesPerSecond: 1_000_000 });
    const [a, b] = [await Client.open(port), await Client.open(port)];
    const data = randomBytes(300_000);
    const from = monotonic.now();
    a.socket.write(data);
    b.socket.write(data);
    expect((await a.has(data.length)).equals(data)).toBe(true);
    expect((await b.has(data.length)).equals(data)).toBe(true);
    const seconds = (monotonic.now() - from) / 1e6;
    expect(seconds).toBeGreaterThan(0.58);
    expect(seconds).toBeLessThan(2);
    // 10 ms each at most.
    expect(proxy.stats()[0]!.out.delayed.pieces).toBeGreaterThanOrEqual(60);
  });

  test('holds back the sender instead of all that it would send', async () => {
    const { proxy, port } = await proxied((socket) => socket.resume());
    await proxy.set('kafka1', { kind: 'degrade', direction: 'in', bytesPerSecond: 100_000 });
    const client = await Client.open(port);
    const from = monotonic.now();
    client.socket.write(Buffer.alloc(64 * 2 ** 20));
    await waitFor(() => proxy.stats()[0]!.in.forwarded > 30_000);
    const { received, forwarded } = proxy.stats()[0]!.in;
    expect(received - forwarded).toBeLessThan(512 * 1024);
    expect(forwarded).toBeLessThanOrEqual((monotonic.now() - from) / 10);
    await proxy.clear('kafka1');
    await waitFor(() => proxy.stats()[0]!.in.forwarded === 64 * 2 ** 20);
  });
});

describe('cut', () => {
  test('resets connections and refuses new ones until it is cleared', async () => {
    const { proxy, port } = await proxied(echo);
    const client = await Client.open(port);
    await client.roundTrip(Buffer.from('x'));
    await proxy.set('kafka1', { kind: 'cut' });
    await waitFor(() => client.closed);
    expect(client.error?.code).toBe('ECONNRESET');
    await expect(Client.open(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(proxy.stats()[0]).toMatchObject({ connections: { open: 0, reset: 1 }, faults: [{ kind: 'cut' }] });
    await proxy.clear('kafka1');
    await (await Client.open(port)).roundTrip(Buffer.from('again'));
  });

  test('clearing another kind leaves it', async () => {
    const { proxy, port } = await proxied(echo);
    await proxy.set('kafka1', { kind: 'cut' });
    await proxy.clear('kafka1', 'degrade');
    await expect(Client.open(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await proxy.clear('kafka1', 'cut');
    await Client.open(port);
  });
});

describe('blackhole', () => {
  test.each(['in', 'out', 'both'] as const)(
    '%s: connections stay open, nothing comes back',
    async (direction) => {
      const { proxy, port } = await proxied(echo);
      const [talking, silent] = [await Client.open(port), await Client.open(port)];
      await Promise.all([talking, silent].map((client) => client.roundTrip(Buffer.from('x'))));
      await proxy.set('kafka1', { kind: 'blackhole', direction });
      talking.socket.write(Buffer.from('lost'));
      const late = await Client.open(port);
      await sleep(150);
      expect([talking, silent, late].map((client) => client.closed)).toEqual([false, false, false]);
      expect(talking.received.toString()).toBe('x');
      const swallowed = direction === 'out' ? { in: 0, out: 4 } : { in: 4, out: 0 };
      expect(proxy.stats()[0]!.in.swallowed).toBe(swallowed.in);
      expect(proxy.stats()[0]!.out.swallowed).toBe(swallowed.out);

      await proxy.clear('kafka1');
      await waitFor(() => talking.closed);
      expect(talking.error?.code).toBe('ECONNRESET');
      await silent.roundTrip(Buffer.from('whole'));
      await late.roundTrip(Buffer.from('new'));
    },
  );

  test('the end of a connection does not come through either', async () => {
    const ends: string[] = [];
    const { proxy, port } = await proxied((socket) => {
      socket.on('end', () => ends.push('end'));
      socket.on('close', () => ends.push('close'));
      echo(socket);
    });
    const client = await Client.open(port);
    await client.roundTrip(Buffer.from('x'));
    await proxy.set('kafka1', { kind: 'blackhole', direction: 'in' });
    client.socket.resetAndDestroy();
    await sleep(100);
    expect(ends).toEqual([]);
    await proxy.clear('kafka1');
    await waitFor(() => ends.includes('close'));
  });
});

describe('refused', () => {
  test('an unknown broker, and a port that another proxy has', async () => {
    const { proxy, port } = await proxied(echo);
    await expect(proxy.set('kafka9', { kind: 'cut' })).rejects.toMatchObject({ hint: 'use one of kafka1' });
    const address = { host: '127.0.0.1', port };
    const second = TcpProxy.listen({
      routes: [{ broker: 'kafka1', listen: address, forward: address }],
      tls: false,
    });
    await expect(second).rejects.toThrow(/cannot listen.*another process/);
  });
});
