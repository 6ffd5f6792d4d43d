import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import { BenchError } from '../../../base/errors.ts';
import type { BrokerState, WatchedState } from '../driver.ts';
import { inspectContainer } from './inspect.ts';

const stateAfter: Readonly<Record<string, BrokerState>> = {
  start: 'running',
  unpause: 'running',
  pause: 'paused',
  die: 'stopped',
};

/** An event as the engine prints it. A network's event names the container by its id, a container's by both. */
interface EngineEvent {
  readonly Type?: string;
  readonly Action?: string;
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Readonly<Record<string, string>> };
}

interface Watched {
  readonly broker: string;
  id: string;
  state: BrokerState;
  /** Names of those it had when the watch began, and of those it has. */
  readonly homes: ReadonlySet<string>;
  networks: Set<string>;
  /** What it was meanwhile, where it runs again. */
  missed: WatchedState | null;
  /** Signals that the engine sent since it started. */
  readonly signals: number[];
  /** How its process ended last. */
  ending: string | undefined;
}

/**
 * States of containers by broker name, kept up to date by `docker events`: to inspect them twice a second would start
 * two processes a second beside the measurement. The stream starts with the first question and must be closed.
 */
export class ContainerStates {
  readonly #brokers: ReadonlyMap<string, string>;
  readonly #env: NodeJS.ProcessEnv;
  /** By container name. */
  readonly #watched = new Map<string, Watched>();
  #events: ChildProcess | undefined;
  #starting: Promise<void> | undefined;
  #closed = false;

  /** `containers`: container by broker name. */
  constructor(containers: Readonly<Record<string, string>>, env: NodeJS.ProcessEnv) {
    this.#brokers = new Map(Object.entries(containers).map(([broker, container]) => [container, broker]));
    this.#env = env;
  }

  /** Rejects while the engine does not answer; the next question tries again. */
  async read(): Promise<ReadonlyMap<string, WatchedState>> {
    if (this.#closed) throw new BenchError('cluster', 'container events are no longer followed');
    this.#starting ??= this.#start().catch((error: unknown) => {
      this.#end();
      throw error;
    });
    await this.#starting;
    return new Map(
      [...this.#watched.values()].map((watched) => {
        const state = watched.missed ?? stateOf(watched);
        watched.missed = null;
        return [watched.broker, state] as const;
      }),
    );
  }

  /** How the process of a broker ended last: `killed (exit code 137)`; undefined where no end was seen. */
  ending(broker: string): string | undefined {
    return [...this.#watched.values()].find((watched) => watched.broker === broker)?.ending;
  }

  close(): void {
    this.#closed = true;
    this.#end();
  }

  async #start(): Promise<void> {
    const kinds = [...Object.keys(stateAfter), 'kill', 'connect', 'disconnect'];
    const filters = kinds.flatMap((kind) => ['--filter', `event=${kind}`]);
    // From this second on, so that nothing is missed between here and the inspection.
    const since = String(Math.floor(Date.now() / 1000));
    const child = spawn('docker', ['events', '--since', since, ...filters, '--format', '{{json .}}'], {
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
        const { state, id, networks } = await inspectContainer(container, this.#env);
        const homes = this.#watched.get(container)?.homes ?? new Set(networks);
        const watched = {
          ...{ broker, id, state, homes, networks: new Set(networks), missed: null },
          ...{ signals: [], ending: undefined },
        };
        this.#watched.set(container, watched);
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
    const event = parse(line);
    const { ID: id = '', Attributes: { name = '', container = '', signal, exitCode } = {} } =
      event.Actor ?? {};
    if (event.Type === 'network') {
      const watched = [...this.#watched.values()].find((each) => each.id === container);
      if (!watched) return;
      if (event.Action === 'connect') watched.networks.add(name);
      else if (event.Action === 'disconnect') this.#change(watched, () => watched.networks.delete(name));
      return;
    }
    const watched = this.#watched.get(name);
    if (event.Action === 'kill') watched?.signals.push(Number(signal));
    const state = stateAfter[event.Action ?? ''];
    if (!watched || state === undefined) return;
    // One that was removed and made again has another id.
    watched.id = id;
    if (event.Action === 'die') watched.ending = endingOf(watched.signals, Number(exitCode));
    if (event.Action === 'start' || event.Action === 'die') watched.signals.length = 0;
    if (state !== 'running') this.#change(watched, () => (watched.state = state));
    else {
      watched.state = state;
      if (event.Action === 'start') void this.#lookAtNetworks(name, watched);
    }
  }

  /** A start takes its networks back, unless it was taken off them meanwhile; the events of that may name no id known. */
  async #lookAtNetworks(container: string, watched: Watched): Promise<void> {
    watched.networks = new Set(watched.homes);
    const found = await inspectContainer(container, this.#env).catch(() => null);
    if (found?.id === watched.id) watched.networks = new Set(found.networks);
  }

  /** For the worse. */
  #change(watched: Watched, change: () => unknown): void {
    change();
    const state = stateOf(watched);
    if (state !== 'running') watched.missed = state;
  }

  #end(child = this.#events): void {
    if (child !== this.#events) return;
    child?.kill();
    this.#events = undefined;
    this.#starting = undefined;
  }
}

const [sigkill, sigterm] = [9, 15];
/** 128 + 9: ended by SIGKILL. */
const killedExitCode = 137;

/** @param signals that the engine sent */
function endingOf(signals: readonly number[], exitCode: number): string {
  const code = `exit code ${exitCode}`;
  if (signals.includes(sigterm)) {
    return signals.includes(sigkill)
      ? `by docker stop, and killed after its grace period (${code})`
      : `by docker stop (${code})`;
  }
  if (signals.includes(sigkill)) return `killed (${code})`;
  if (exitCode === killedExitCode) return `killed from outside its engine, as for want of memory (${code})`;
  return `ended by itself (${code})`;
}

/** Without one of its networks it runs and is out of reach, for other brokers or for clients. */
function stateOf({ state, homes, networks }: Watched): WatchedState {
  if (state !== 'running') return state;
  return [...homes].every((home) => networks.has(home)) ? state : 'disconnected';
}

function parse(line: string): EngineEvent {
  try {
    return JSON.parse(line) as EngineEvent;
  } catch {
    return {};
  }
}
