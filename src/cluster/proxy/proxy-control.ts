import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { BenchError } from '../../base/errors.ts';
import { packageRoot } from '../../base/package-root.ts';
import { checkFault } from './fault.ts';
import type { ProxyFault, ProxyFaultKind } from './fault.ts';
import type { FromProxy, ProxyRequest, ToProxy } from './protocol.ts';
import type { ProxyOptions } from './proxy.ts';
import type { BrokerTraffic } from './traffic.ts';

/** The proxy between clients and brokers. Traffic among brokers and controllers, and our own admin, go past it. */
export interface ProxyControl {
  /** Throws BenchError where this proxy cannot do it to any broker; sends nothing. */
  check(fault: ProxyFault): void;
  /**
   * Resolves with the broker's traffic once the fault is in force. One fault of a kind and direction at a time: the
   * next of it replaces it, other kinds stay. Rejects with BenchError for an unknown broker, an impossible fault, or
   * a proxy that has ended.
   */
  set(broker: string, fault: ProxyFault): Promise<BrokerTraffic>;
  /** Ends the broker's faults, or those of one kind; resolves with its traffic. None set: nothing happens. */
  clear(broker: string, kind?: ProxyFaultKind): Promise<BrokerTraffic>;
  /** Of every broker, counted since the proxy was opened. */
  stats(): Promise<readonly BrokerTraffic[]>;
}

interface Pending {
  readonly resolve: (stats: readonly BrokerTraffic[]) => void;
  readonly reject: (error: BenchError) => void;
}

const stderrLines = 8;

/** A proxy in a process of its own. It ends with `close`, or with this process, and every fault with it. */
export class ProxyProcess implements ProxyControl {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #options: ProxyOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #exited: Promise<void>;
  #number = 0;
  #ended: string | undefined;
  #stderr: string[] = [];

  private constructor(child: ChildProcess, pid: number, options: ProxyOptions) {
    this.#child = child;
    this.#options = options;
    this.pid = pid;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = [...this.#stderr, ...text.split('\n').filter((line) => line !== '')].slice(-stderrLines);
    });
    child.on('message', (message) => this.#answered(message as FromProxy));
    this.#exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        const how = signal === null ? `ended with code ${String(code)}` : `was killed by ${signal}`;
        this.#ended = [`the proxy ${how}`, ...this.#stderr].join(' | ');
        for (const { reject } of this.#pending.values()) reject(new BenchError('cluster', this.#ended));
        this.#pending.clear();
        resolve();
      });
    });
  }

  /** Starts the process and listens on every route. Throws BenchError when a port is taken. */
  static async start(options: ProxyOptions): Promise<ProxyProcess> {
    // Always compiled code, as workers run it: the test runner's transformed sources cannot be forked.
    const child = fork(join(packageRoot(), 'dist', 'cluster', 'proxy', 'proxy-main.js'), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
    });
    const failed = new Promise<never>((_, reject) =>
      child.once('error', (error) =>
        reject(new BenchError('cluster', `cannot start the proxy: ${error.message}`)),
      ),
    );
    failed.catch(() => undefined);
    if (child.pid === undefined) return failed;
    const proxy = new ProxyProcess(child, child.pid, options);
    try {
      await proxy.#ask({ type: 'listen', options });
      return proxy;
    } catch (error) {
      await proxy.close();
      throw error;
    }
  }

  check(fault: ProxyFault): void {
    checkFault(fault, this.#options);
  }

  async set(broker: string, fault: ProxyFault): Promise<BrokerTraffic> {
    return trafficOf(broker, await this.#ask({ type: 'set', broker, fault }));
  }

  async clear(broker: string, kind?: ProxyFaultKind): Promise<BrokerTraffic> {
    return trafficOf(broker, await this.#ask({ type: 'clear', broker, kind }));
  }

  stats(): Promise<readonly BrokerTraffic[]> {
    return this.#ask({ type: 'stats' });
  }

  /** Ends the process and with it every connection; resolves when it is gone. */
  async close(): Promise<void> {
    if (this.#ended === undefined) this.#child.kill('SIGKILL');
    await this.#exited;
  }

  #ask(request: ProxyRequest): Promise<readonly BrokerTraffic[]> {
    if (this.#ended !== undefined) return Promise.reject(new BenchError('cluster', this.#ended));
    const number = ++this.#number;
    const message: ToProxy = { number, request };
    return new Promise((resolve, reject) => {
      this.#pending.set(number, { resolve, reject });
      // A failed send is told by the exit that follows.
      this.#child.send(message, undefined, undefined, () => undefined);
    });
  }

  #answered(message: FromProxy): void {
    const pending = this.#pending.get(message.number);
    this.#pending.delete(message.number);
    if (message.type === 'done') pending?.resolve(message.stats);
    else {
      const { code, message: text, hint } = message;
      pending?.reject(new BenchError(code, text, hint === undefined ? {} : { hint }));
    }
  }
}

function trafficOf(broker: string, stats: readonly BrokerTraffic[]): BrokerTraffic {
  return stats.find((traffic) => traffic.broker === broker)!;
}
