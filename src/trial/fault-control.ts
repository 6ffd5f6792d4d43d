import { dirname } from 'node:path';
import type { Micros } from '../base/clock.ts';
import type { Warning } from '../base/errors.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { openDriver } from '../cluster/faults/drivers/open.ts';
import type { FaultDriver } from '../cluster/faults/driver.ts';
import { Journal } from '../cluster/faults/journal.ts';
import { adminMetadata } from '../cluster/faults/metadata.ts';
import { ClusterWatcher, type SeenChange } from '../cluster/faults/observe.ts';
import { planFaults, type FaultPlan } from '../cluster/faults/plan.ts';
import type { FaultRecord } from '../protocol/fault-record.ts';
import type { Span } from '../judge/performance/span.ts';
import { Timeline } from '../cluster/faults/timeline.ts';
import { startWatchdog } from '../cluster/faults/watchdog.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import { groupOf } from './plan/plan.ts';
import type { RunTopics } from './plan/topics.ts';

export interface FaultControlOptions {
  readonly loaded: LoadedScenario;
  readonly cluster: Cluster;
  readonly runId: string;
  readonly env: NodeJS.ProcessEnv;
  readonly tell: (line: string) => void;
}

/** The faults of one run, and whatever else befalls its cluster. */
export class FaultControl {
  readonly #options: FaultControlOptions;
  readonly #driver: FaultDriver;
  readonly #plan: FaultPlan;
  #journal: Journal | undefined;
  #timeline: Timeline | undefined;
  #watcher: ClusterWatcher | undefined;

  private constructor(options: FaultControlOptions, driver: FaultDriver, plan: FaultPlan) {
    this.#options = options;
    this.#driver = driver;
    this.#plan = plan;
  }

  /** @throws BenchError `scenario` for what this cluster cannot do: nothing has been started then */
  static async plan(options: FaultControlOptions): Promise<FaultControl> {
    const { loaded, cluster, env } = options;
    const { scenario, file } = loaded;
    const { containers, commands } = scenario.cluster;
    const cwd = dirname(file);
    const driver = await openDriver(cluster, { containers, commands, env, cwd, seed: loaded.seed });
    const bounded = scenario.producers.every(({ messages }) => messages === undefined);
    try {
      const plan = planFaults(scenario.faults, {
        provider: `cluster: ${cluster.kind}`,
        actions: driver.actions,
        wipe: driver.wipe !== undefined,
        network: driver.network,
        coordinators: cluster.admin !== null,
        brokers: driver.brokers,
        ...(bounded ? { measure: scenario.phases.measure } : {}),
      });
      return new FaultControl(options, driver, plan);
    } catch (error) {
      driver.close?.();
      throw error;
    }
  }

  get warnings(): readonly Warning[] {
    return this.#plan.warnings;
  }

  /** Before the start: where faults are planned, their undo has a journal and a watchdog. */
  async prepare(topics: RunTopics, seed: number, acked: () => number): Promise<readonly Warning[]> {
    const { loaded, cluster, runId, env, tell } = this.#options;
    if (cluster.admin === null) return [];
    const metadata = adminMetadata(cluster.admin, {
      topics: new Map([...topics.byName].map(([name, topic]) => [name, topic.name])),
      groups: new Map(
        loaded.scenario.consumers.flatMap((spec) => {
          const name = groupOf(spec, loaded.scenario.topics, runId);
          return spec.group === undefined || name === null ? [] : [[spec.group, name] as const];
        }),
      ),
    });
    const warnings: Warning[] = [];
    if (this.#plan.faults.length > 0) {
      this.#journal = new Journal(runId, env);
      const warning = await startWatchdog(this.#journal.path, { env });
      if (warning) warnings.push(warning);
      this.#timeline = new Timeline({
        plan: this.#plan,
        driver: this.#driver,
        metadata,
        journal: this.#journal,
        seed,
        acked,
        log: tell,
      });
    }
    this.#watcher = new ClusterWatcher({
      brokers: this.#driver.brokers,
      metadata,
      states: this.#driver.states,
      ending: this.#driver.ending,
      planned: this.#timeline,
      log: tell,
    });
    this.#watcher.start();
    return warnings;
  }

  start(measureStart: Micros): void {
    this.#timeline?.start(measureStart);
  }

  /** Undoes what is open; before drain and audit, which read what must be there. Safe to repeat. */
  async end(how: 'finished' | 'interrupted'): Promise<readonly Warning[]> {
    return (await this.#timeline?.end(how)) ?? [];
  }

  /** Nothing is watched any more, and nothing is left to undo. */
  async close(): Promise<void> {
    await this.#watcher?.stop();
    this.#journal?.close();
    this.#driver.close?.();
  }

  get records(): readonly FaultRecord[] {
    return [...(this.#timeline?.records ?? []), ...(this.#watcher?.observed ?? [])];
  }

  get changes(): readonly SeenChange[] {
    return this.#watcher?.changes ?? [];
  }

  /** When no broker answered. */
  get unanswered(): readonly Span[] {
    return this.#watcher?.unanswered ?? [];
  }

  /** Whether each planned fault had the effect that it must have, and all of it; else the verdict is vacuous. */
  get conditions(): readonly { name: string; met: boolean }[] {
    return (this.#timeline?.records ?? [])
      .filter(({ effective }) => effective !== null)
      .flatMap(({ id, effective, observed, incomplete }) => [
        { name: `effect of fault ${id} (${observed})`, met: effective === true },
        ...(incomplete === null ? [] : [{ name: `all of fault ${id} (${incomplete})`, met: false }]),
      ]);
  }

  /** What to type to undo by hand what is open now. */
  get manualCommands(): readonly string[] {
    return this.#timeline?.manualCommands ?? [];
  }
}
