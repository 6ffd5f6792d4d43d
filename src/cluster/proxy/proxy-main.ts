import { constants, setPriority } from 'node:os';
import { BenchError, messageOf } from '../../base/errors.ts';
import { TcpProxy } from './proxy.ts';
import type { FromProxy, ProxyRequest, ToProxy } from './protocol.ts';

// Ctrl-C in a terminal reaches every process of the group; clients still drain through here. The coordinator ends
// this process, and when it is gone, however it went, nobody is left to serve: with it every fault ends too.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('disconnect', () => process.exit(0));

// The proxy is the wire: it should not wait for a core behind the programs at its ends. Not everybody may ask for it.
try {
  setPriority(constants.priority.PRIORITY_HIGH);
} catch {
  // Then delays are as exact as the machine is idle.
}

let proxy: TcpProxy | undefined;
/** One after another, in the order in which they were sent. */
let last: Promise<void> = Promise.resolve();

process.on('message', (received) => {
  const { number, request } = received as ToProxy;
  last = last.then(async () => {
    try {
      await perform(request);
      send({ type: 'done', number, stats: proxy?.stats() ?? [] });
    } catch (error) {
      const { code, hint } =
        error instanceof BenchError ? error : { code: 'cluster' as const, hint: undefined };
      send({ type: 'failed', number, code, message: messageOf(error), hint });
    }
  });
});

async function perform(request: ProxyRequest): Promise<void> {
  if (request.type === 'listen') {
    proxy = await TcpProxy.listen(request.options);
    return;
  }
  if (!proxy) throw new Error('the proxy does not listen yet');
  if (request.type === 'set') await proxy.set(request.broker, request.fault);
  else if (request.type === 'clear') await proxy.clear(request.broker, request.kind);
}

function send(message: FromProxy): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
