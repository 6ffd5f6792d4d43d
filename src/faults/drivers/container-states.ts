import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import { BenchError } from '../../base/errors.ts';
import type { BrokerState } from '../driver.ts';
import { inspectContainer } from './inspect.ts';

const stateAfter: Readonly<Record<string, BrokerState>> = {
  start: 'running',
  unpause: 'running',
  pause: 'paused',
  die: 'stopped',
};

/**
 * States of containers by broker name, kept up to date by `docker events`: to inspect them twice a second would start
 * two processes a second beside the measurement. The stream starts with the first question and must be closed.
 */
export class ContainerStates {
  readonly #brokers: ReadonlyMap<string, string>;
  readonly #env: NodeJS.ProcessEnv;
  readonly #states = new Map<string, BrokerState>();
  #events: ChildProcess | undefined;
  #starting: Promise<void> | undefined;
  #closed = false;

  /** `containers`: container by broker name. */
  constructor(containers: Readonly<Record<string, string>>, env: NodeJS.ProcessEnv) {
    this.#brokers = new Map(Object.entries(containers).map(([broker, container]) => [container, broker]));
    this.#env = env;
  }

  /** Rejects while the engine does not answer; the next question tries again. */
  async read(): Promise<ReadonlyMap<string, BrokerState>> {
    if (this.#closed) throw new BenchError('cluster', 'container events are no longer followed');
    this.#starting ??= this.#start().catch((error: unknown) => {
      this.#end();
      throw error;
    });
    await this.#starting;
    return new Map(this.#states);
  }

  close(): void {
    this.#closed = true;
    this.#end();
  }

  async #start(): Promise<void> {
    const filters = [...this.#brokers.keys()].flatMap((container) => ['--filter', `container=${container}`]);
    const format = '{{.Action}} {{index .Actor.Attributes "name"}}';
    // From this second on, so that nothing is missed between here and the inspection.
    const since = String(Math.floor(Date.now() / 1000));
    const child = spawn('docker', ['events', '--since', since, ...filters, '--format', format], {
      env: this.#env,
      // Ctrl-C ends the run in order, and what it does then is still to be followed.
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#events = child;
    child.once('error', () => this.#end(child));
    child.once('exit', () => this.#end(child));
    child.unref();
    // Neither it nor its pipe keeps a process that is done from ending.
    const pipe: object = child.stdout;
    if (pipe instanceof Socket) pipe.unref();
    await Promise.all(
      [...this.#brokers].map(async ([container, broker]) => {
        this.#states.set(broker, (await inspectContainer(container, this.#env)).state);
      }),
    );
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) this.#heard(line);
    });
  }

  #heard(line: string): void {
    const [action = '', container = ''] = line.trim().split(' ');
    const state = stateAfter[action];
    const broker = this.#brokers.get(container);
    if (state !== undefined && broker !== undefined) this.#states.set(broker, state);
  }

  #end(child = this.#events): void {
    if (child !== this.#events) return;
    child?.kill();
    this.#events = undefined;
    this.#starting = undefined;
  }
}
