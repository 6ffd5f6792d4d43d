import { brokerActions } from '../../base/choices.ts';
import type { BrokerAction } from '../cluster.ts';
import type { UndoLog } from './changes.ts';
import type { BrokerState, FaultDriver } from './driver.ts';
import type { ClusterView, FaultMetadata, PartitionView } from './metadata.ts';
import type { Timing } from './timing.ts';
import type { Undo } from './undo.ts';

/** A clock that stands still until everybody waits, and then jumps to the next who is due. */
export class FakeTiming implements Timing {
  #now = 0;
  #waiting: { at: number; wake: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  sleep(millis: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const waiter = { at: this.#now + millis * 1000, wake };
      this.#waiting.push(waiter);
      signal?.addEventListener('abort', wake);
    });
  }

  /** Lets time pass until `work` is done. */
  async through<T>(work: Promise<T>): Promise<T> {
    const state = { done: false };
    const finished = work.finally(() => (state.done = true));
    finished.catch(() => undefined);
    for (let idle = 0; ;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (state.done) return finished;
      if (this.#waiting.length > 0) {
        idle = 0;
        this.#jump();
      } else if (++idle > 1_000) throw new Error('everybody waits for something that no time brings');
    }
  }

  /** Lets `millis` pass. */
  pass(millis: number): Promise<void> {
    return this.through(this.sleep(millis));
  }

  /** Time passes and nobody wakes meanwhile: what a process sees that stands still. */
  stall(millis: number): void {
    this.#now += millis * 1000;
  }

  #jump(): void {
    const next = this.#waiting.reduce((a, b) => (b.at < a.at ? b : a));
    this.#now = Math.max(this.#now, next.at);
    next.wake();
  }
}

export interface FakeOptions {
  /** How long actions take; 0 unless told. */
  readonly takes?: Partial<Record<BrokerAction, number>>;
  /** From a broker's end until metadata no longer lists it, by what ended it. */
  readonly fenced?: number;
  /** From a broker's return until it is in sync, and from then until it leads again. */
  readonly inSync?: number;
  readonly preferred?: number;
  readonly fail?: (action: BrokerAction, broker: string) => string | undefined;
  readonly note?: (action: BrokerAction) => string | undefined;
  /** The provider knows no states; only metadata tells. */
  readonly stateless?: boolean;
}

/** Three brokers, three partitions of `orders` on all of them, each led by its first replica. */
export class FakeCluster {
  readonly timing = new FakeTiming();
  /** `stop kafka2 @1.5`, in seconds. */
  readonly acts: string[] = [];
  readonly journal: string[] = [];
  controller: number | null = 1;
  reachable = true;
  readonly #options: FakeOptions;
  readonly #states = new Map<string, BrokerState>([1, 2, 3].map((id) => [`kafka${id}`, 'running']));
  readonly #downSince = new Map<number, number>();
  readonly #backAt = new Map<number, number>();

  constructor(options: FakeOptions = {}) {
    this.#options = options;
  }

  get driver(): FaultDriver {
    const { stateless } = this.#options;
    return {
      name: 'fake',
      brokers: [1, 2, 3].map((id) => ({ id, name: `kafka${id}` })),
      actions: new Set(brokerActions),
      act: (action, broker) => this.act(action, broker),
      undoOf: (action, broker) => ({
        kind: 'command',
        command: `${action === 'pause' ? 'unpause' : 'start'} ${broker}`,
        cwd: '/',
        env: {},
      }),
      undo: async (undo) => {
        const [action, broker] = (undo as Undo & { kind: 'command' }).command.split(' ');
        if (this.stateOf(broker!) === 'running')
          return { what: `${broker!} was running already`, needed: false };
        await this.act(action as BrokerAction, broker!);
        return { what: `${action!} ${broker!}`, needed: true };
      },
      ...(!stateless && { state: (broker: string) => Promise.resolve(this.stateOf(broker)) }),
      wipe: (broker) => {
        this.acts.push(`wipe ${broker} @${this.#seconds()}`);
        return Promise.resolve('log directory emptied');
      },
    };
  }

  get metadata(): FaultMetadata {
    return { look: () => this.look(), controller: () => Promise.resolve(this.controller) };
  }

  /** Remembers the order of journal and acts: what is written first must be first. */
  get undoLog(): UndoLog {
    let entries = 0;
    return {
      begin: (fault, undo) => {
        this.acts.push(`journal ${fault}`);
        this.journal.push(`open ${(undo as Undo & { kind: 'command' }).command}`);
        return ++entries;
      },
      done: (entry, what) => {
        this.journal.push(`done ${entry} ${what}`);
      },
    };
  }

  stateOf(broker: string): BrokerState {
    return this.#states.get(broker)!;
  }

  /** Its process is there again; it has not registered anew. */
  runs(broker: string): void {
    this.#states.set(broker, 'running');
  }

  async act(action: BrokerAction, broker: string): Promise<string | undefined> {
    this.acts.push(`${action} ${broker} @${this.#seconds()}`);
    await this.timing.sleep(this.#options.takes?.[action] ?? 0);
    const failure = this.#options.fail?.(action, broker);
    if (failure !== undefined) throw new Error(failure);
    const id = Number(broker.replace('kafka', ''));
    if (action === 'start' || action === 'unpause') {
      this.#states.set(broker, 'running');
      this.#downSince.delete(id);
      this.#backAt.set(id, this.timing.now());
    } else {
      this.#states.set(broker, action === 'pause' ? 'paused' : 'stopped');
      this.#downSince.set(id, this.timing.now());
    }
    return this.#options.note?.(action);
  }

  async look(): Promise<ClusterView> {
    await Promise.resolve();
    if (!this.reachable) throw new Error('nobody answers');
    const { fenced = 0, inSync = 0, preferred = 0 } = this.#options;
    const now = this.timing.now();
    const brokers = [1, 2, 3].filter((id) => {
      const since = this.#downSince.get(id);
      return since === undefined || now < since + fenced * 1000;
    });
    const settled = (id: number, millis: number): boolean =>
      brokers.includes(id) && now >= (this.#backAt.get(id) ?? -Infinity) + millis * 1000;
    const partitions = [0, 1, 2].map((partition): PartitionView => {
      const replicas = [0, 1, 2].map((i) => ((partition + i) % 3) + 1);
      const members = replicas.filter((id) => settled(id, inSync));
      const leader = replicas.find((id) => settled(id, inSync + preferred)) ?? members[0] ?? -1;
      return { topic: 'orders', partition, leader, replicas, inSync: members };
    });
    return { brokers, partitions };
  }

  #seconds(): number {
    return Math.round(this.timing.now() / 1e4) / 100;
  }
}
