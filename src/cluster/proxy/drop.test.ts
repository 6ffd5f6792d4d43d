import { describe, expect, test } from 'vitest';
import type { Socket } from 'node:net';
import { Client, proxied, waitFor } from './echo.case.ts';
import type { ProxyFault } from './fault.ts';
import { FrameFilter } from './frame-filter.ts';

const produce = 0;
const fetch = 1;

function request(apiKey: number, correlationId: number, body = 20): Buffer {
  const bytes = Buffer.alloc(12 + body, apiKey);
  bytes.writeInt32BE(8 + body, 0);
  bytes.writeInt16BE(apiKey, 4);
  bytes.writeInt32BE(correlationId, 8);
  return bytes;
}

function response(correlationId: number, body = 10): Buffer {
  const bytes = Buffer.alloc(8 + body, 9);
  bytes.writeInt32BE(4 + body, 0);
  bytes.writeInt32BE(correlationId, 4);
  return bytes;
}

/** A broker that answers each request with its correlation id, and remembers what reached it. */
function broker() {
  const requests: number[] = [];
  const accept = (socket: Socket): void => {
    const frames = new FrameFilter('requests', {
      keep: ({ correlationId }) => {
        requests.push(correlationId!);
        socket.write(response(correlationId!));
        return false;
      },
      swallowed: () => undefined,
    });
    socket.on('data', (chunk) => frames.take(chunk));
    socket.on('end', () => socket.end());
  };
  return { requests, accept };
}

/** Correlation ids of the whole responses in these bytes. */
function ids(bytes: Buffer): number[] {
  const found: number[] = [];
  for (let at = 0; at + 8 <= bytes.length; at += 4 + bytes.readInt32BE(at))
    found.push(bytes.readInt32BE(at + 4));
  return found;
}

async function scene(fault: ProxyFault) {
  const { requests, accept } = broker();
  const { proxy, port } = await proxied(accept, { tls: false });
  const client = await Client.open(port);
  await proxy.set('kafka1', fault);
  return { proxy, port, client, requests };
}

const keys = [produce, fetch, produce, 18, produce];
const all = Buffer.concat(keys.map((key, id) => request(key, id)));

describe('drop', () => {
  test('requests of produce: the broker never sees them, the others pass', async () => {
    const { proxy, client, requests } = await scene({ kind: 'drop', requests: 'produce' });
    client.socket.write(all);
    await waitFor(() => requests.length === 2);
    expect(requests).toEqual([1, 3]);
    expect(ids(await client.has(2 * 18))).toEqual([1, 3]);
    expect(proxy.stats()[0]).toMatchObject({
      dropped: { requests: 3, responses: 0 },
      in: { received: 160, forwarded: 64, swallowed: 96 },
    });
  });

  test('responses to produce: the broker has done it, the client does not learn', async () => {
    const { proxy, client, requests } = await scene({ kind: 'drop', responses: 'produce' });
    client.socket.write(all);
    await waitFor(() => requests.length === 5);
    expect(ids(await client.has(2 * 18))).toEqual([1, 3]);
    expect(proxy.stats()[0]).toMatchObject({
      dropped: { requests: 0, responses: 3 },
      out: { received: 90, forwarded: 36, swallowed: 54 },
    });
  });

  test('all responses, and none any more once cleared', async () => {
    const { proxy, client } = await scene({ kind: 'drop', responses: 'all' });
    client.socket.write(all);
    await waitFor(() => proxy.stats()[0]!.dropped.responses === 5);
    await proxy.clear('kafka1', 'drop');
    client.socket.write(request(produce, 7));
    expect(ids(await client.has(18))).toEqual([7]);
    expect(client.closed).toBe(false);
  });

  test('with a reset: what was answered before still arrives, then the connection is gone', async () => {
    const { client, port, proxy } = await scene({ kind: 'drop', responses: 'produce', reset: true });
    client.socket.write(Buffer.concat([request(fetch, 1), request(produce, 2), request(fetch, 3)]));
    await waitFor(() => client.over);
    expect(ids(client.received)[0]).toBe(1);
    expect(ids(client.received)).not.toContain(2);
    const next = await Client.open(port);
    next.socket.write(request(fetch, 4));
    expect(ids(await next.has(18))).toEqual([4]);
    expect(proxy.stats()[0]!.connections).toMatchObject({ accepted: 2, reset: 1 });
  });

  test('begins within a connection, between the halves of a frame that passes', async () => {
    const { accept, requests } = broker();
    const { proxy, port } = await proxied(accept, { tls: false });
    const client = await Client.open(port);
    const under = request(produce, 1, 5000);
    client.socket.write(under.subarray(0, 2000));
    await waitFor(() => proxy.stats()[0]!.in.forwarded === 2000);
    await proxy.set('kafka1', { kind: 'drop', requests: 'produce' });
    client.socket.write(Buffer.concat([under.subarray(2000), request(produce, 2), request(fetch, 3)]));
    await waitFor(() => requests.length === 2);
    expect(requests).toEqual([1, 3]);
    expect(proxy.stats()[0]!.dropped.requests).toBe(1);
  });

  test('a share of them, drawn from the seed', async () => {
    const dropped = async (seed: number): Promise<number[]> => {
      const { client, requests } = await scene({ kind: 'drop', requests: 'produce', share: 0.3, seed });
      for (let id = 0; id < 1000; id++) client.socket.write(request(produce, id));
      client.socket.write(request(fetch, 1000));
      await waitFor(() => requests.includes(1000));
      return [...Array(1000).keys()].filter((id) => !requests.includes(id));
    };
    const [first, again, other] = [await dropped(1), await dropped(1), await dropped(2)];
    expect(first.length).toBeGreaterThan(240);
    expect(first.length).toBeLessThan(360);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  test('together with latency: what is kept is late, and in order', async () => {
    const { proxy, client } = await scene({ kind: 'drop', requests: 'produce' });
    await proxy.set('kafka1', { kind: 'degrade', direction: 'in', latency: 50_000 });
    const from = performance.now();
    client.socket.write(all);
    expect(ids(await client.has(2 * 18))).toEqual([1, 3]);
    expect(performance.now() - from).toBeGreaterThan(50);
    expect(proxy.stats()[0]!.faults).toHaveLength(2);
  });
});

describe('drop is refused', () => {
  test('in front of TLS', async () => {
    const { proxy } = await proxied(broker().accept, { tls: true });
    const drop = proxy.set('kafka1', { kind: 'drop', responses: 'produce' });
    await expect(drop).rejects.toThrow(/not possible on TLS/);
  });

  test('where a connection turned out to be no plain Kafka', async () => {
    const { proxy, port } = await proxied((socket) => socket.resume().on('end', () => socket.end()), {
      tls: false,
    });
    const client = await Client.open(port);
    client.socket.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]));
    await waitFor(() => proxy.stats()[0]!.in.forwarded === 6);
    const drop = proxy.set('kafka1', { kind: 'drop', responses: 'produce' });
    await expect(drop).rejects.toThrow(/1 connection/);
    client.socket.destroy();
    await waitFor(() => proxy.stats()[0]!.connections.open === 0);
    await proxy.set('kafka1', { kind: 'drop', responses: 'produce' });
  });

  test.each<[ProxyFault, RegExp]>([
    [{ kind: 'drop' }, /needs requests or responses/],
    [{ kind: 'drop', requests: 'all', share: 0 }, /share/],
    [{ kind: 'drop', requests: 'all', share: 1.5 }, /share/],
    [{ kind: 'degrade' }, /needs a latency/],
    [{ kind: 'degrade', latency: -1 }, /latency/],
    [{ kind: 'degrade', jitter: NaN }, /jitter/],
    [{ kind: 'degrade', bytesPerSecond: 0 }, /bandwidth/],
  ])('where %j asks for nothing or nonsense', async (fault, reason) => {
    const { proxy } = await proxied(broker().accept, { tls: false });
    await expect(proxy.set('kafka1', fault)).rejects.toThrow(reason);
    expect(proxy.stats()[0]!.faults).toEqual([]);
  });
});
