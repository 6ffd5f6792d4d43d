import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ControllerChoice } from '../../base/choices.ts';
import { cacheDir } from '../../base/cache-dir.ts';
import { withFileLock } from './file-lock.ts';
import type { ProcessIdentity } from './process-identity.ts';

export interface NodeState {
  /** kafka1 …, controller1 … */
  readonly name: string;
  readonly id: number;
  readonly role: 'combined' | 'broker' | 'controller';
  /**
   * On 127.0.0.1; a controller uses `controller` alone. Clients behind the proxy are told `advertised`, where the
   * proxy listens that a run may start, and which hands on to `proxied`.
   */
  readonly ports: {
    readonly client: number;
    readonly controller: number;
    readonly proxied: number;
    readonly advertised: number;
  };
  /** Null: never started, or stopped by us. */
  readonly process: ProcessIdentity | null;
  /** It was sent SIGTERM or SIGKILL, and may take a while to end; gone with its next start. */
  readonly ending?: boolean;
}

/**
 * One local cluster as the file in the cache directory tells it to other processes. The file, not the memory of
 * the run that opened the cluster, says which process is kafka2: another terminal may have restarted it.
 */
export interface ClusterState {
  readonly id: string;
  readonly version: string;
  readonly created: string;
  /** Who stops it; null once it is kept. */
  readonly owner: ProcessIdentity | null;
  readonly keep: boolean;
  readonly directory: string;
  readonly controllers: ControllerChoice;
  readonly config: Readonly<Record<string, string>>;
  readonly java: string;
  readonly libs: string;
  readonly nodes: readonly NodeState[];
  /** Shapes of load that its brokers have been warmed with since the last of them was started. */
  readonly warmed?: readonly string[];
  /** The proxy that a run has put before the brokers; there is room for one at a time. */
  readonly proxy?: ProcessIdentity | null;
}

export class ClusterStates {
  readonly #directory: string;

  constructor(env: NodeJS.ProcessEnv) {
    this.#directory = join(cacheDir(env), 'clusters');
  }

  /** Newest first. Unreadable files are passed over. */
  list(): ClusterState[] {
    let names: string[];
    try {
      names = readdirSync(this.#directory);
    } catch {
      return [];
    }
    return names
      .filter((name) => name.endsWith('.json'))
      .flatMap((name) => this.read(name.slice(0, -'.json'.length)) ?? [])
      .sort((a, b) => b.created.localeCompare(a.created));
  }

  read(id: string): ClusterState | undefined {
    try {
      return JSON.parse(readFileSync(this.#path(id), 'utf8')) as ClusterState;
    } catch {
      return undefined;
    }
  }

  /** Synchronous, so that nothing happens between starting a process and writing down its pid. */
  write(state: ClusterState): void {
    mkdirSync(this.#directory, { recursive: true });
    const temporary = `${this.#path(state.id)}.${process.pid}.tmp`;
    writeFileSync(temporary, JSON.stringify(state, null, 2) + '\n');
    renameSync(temporary, this.#path(state.id));
  }

  remove(id: string): void {
    rmSync(this.#path(id), { force: true });
  }

  /** Holds other processes off while ports are chosen or a node's process is replaced. */
  locked<T>(operation: () => Promise<T>): Promise<T> {
    mkdirSync(this.#directory, { recursive: true });
    return withFileLock(join(this.#directory, 'lock'), operation);
  }

  /** Replaces one node's entry in the file as it stands now. */
  setProcess(id: string, node: string, process: ProcessIdentity | null): void {
    this.#change(id, node, (known) => ({ ...known, process, ending: false }));
    // A new JVM has compiled nothing yet.
    const state = this.read(id);
    if (state) this.write({ ...state, warmed: [] });
  }

  addWarmed(id: string, shapes: readonly string[]): void {
    const state = this.read(id);
    if (state) this.write({ ...state, warmed: [...new Set([...(state.warmed ?? []), ...shapes])] });
  }

  /** Before the signal is sent: whoever sees it running afterwards knows that it will not for long. */
  setEnding(id: string, node: string): void {
    this.#change(id, node, (known) => ({ ...known, ending: true }));
  }

  #change(id: string, node: string, change: (node: NodeState) => NodeState): void {
    const state = this.read(id);
    if (!state) return;
    this.write({ ...state, nodes: state.nodes.map((n) => (n.name === node ? change(n) : n)) });
  }

  setProxy(id: string, proxy: ProcessIdentity | null): void {
    const state = this.read(id);
    if (state) this.write({ ...state, proxy });
  }

  #path(id: string): string {
    return join(this.#directory, `${id}.json`);
  }
}

export function isBroker(node: NodeState): boolean {
  return node.role !== 'controller';
}

/** `127.0.0.1:port,…` of the listener that clients use, or of the one behind the proxy. */
export function bootstrapOf(state: ClusterState, listener: 'client' | 'advertised' = 'client'): string {
  return state.nodes
    .filter(isBroker)
    .map((node) => `127.0.0.1:${node.ports[listener]}`)
    .join(',');
}
