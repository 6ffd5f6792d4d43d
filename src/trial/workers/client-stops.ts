import { atMost, monotonic, sleep, type Micros } from '../../base/clock.ts';
import type { Scenario } from '../../scenario/schema.ts';
import type { ConsumePlan, ProducePlan } from '../../protocol/plan.ts';
import type { Crew } from './crew.ts';

const lookMillis = 20;

type ClientPlan = ProducePlan | ConsumePlan;
type StopSpec = NonNullable<Scenario['consumers'][number]['stop']>[number];

interface PlannedStop {
  readonly label: string;
  readonly spec: StopSpec;
  /** The process of the client's first incarnation. */
  readonly first: ClientPlan;
  /** The process of the client's present incarnation. */
  plan: ClientPlan;
  /** `missed`: when its time came, the client had ended already. */
  state: 'waiting' | 'missed' | 'stopped' | 'restarted';
  /** When a stopped one is to come back, on CLOCK_MONOTONIC. */
  restartAt: Micros | null;
}

export interface ClientStopsOptions {
  readonly scenario: Scenario;
  readonly plans: readonly ClientPlan[];
  readonly crew: Crew;
  /** A client's next incarnation is about to join. */
  readonly joins: (plan: ClientPlan) => void;
  /** Resolves when the groups of clients that have joined again are dealt out anew. */
  readonly settled?: (plan: ConsumePlan) => Promise<void>;
  readonly tell: (line: string) => void;
  /** Whether a client that starts later has. */
  readonly hasJoined?: (plan: ClientPlan) => boolean;
}

/** Clients that the scenario stops, and starts again, while the run goes on. */
export class ClientStops {
  readonly #options: ClientStopsOptions;
  readonly #stops: PlannedStop[];
  readonly #joining: Promise<void>[] = [];
  #nextMember: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ClientStopsOptions) {
    this.#options = options;
    this.#stops = plannedStops(options.scenario, options.plans);
    this.#nextMember = options.plans
      .flatMap((plan) => (plan.role === 'consume' ? plan.clients : []))
      .reduce((next, { evidence }) => Math.max(next, evidence.member + 1), 0);
  }

  /** Times count from the start of the measured phase. */
  begin(measureStart: Micros): void {
    if (this.#stops.length === 0) return;
    this.#timer = setInterval(() => this.#look(measureStart), lookMillis);
  }

  #look(measureStart: Micros): void {
    const now = monotonic.now();
    for (const stop of this.#stops) {
      if (stop.state === 'waiting' && this.#isDue(stop, now - measureStart)) this.#stop(stop, now);
      else if (stop.restartAt !== null && now >= stop.restartAt) this.#restart(stop);
    }
  }

  #isDue({ spec: { at }, plan }: PlannedStop, elapsed: Micros): boolean {
    if (this.#options.hasJoined?.(plan) === false) return false;
    if (typeof at === 'number') return elapsed >= at;
    return this.#options.crew.acked >= (at.acked ?? 0);
  }

  #stop(stop: PlannedStop, now: Micros): void {
    const { how, restartAfter } = stop.spec;
    const { crew, scenario } = this.#options;
    if (!crew.stopClient(stop.plan, how, scenario.phases.drain / 1000)) {
      stop.state = 'missed';
      return;
    }
    stop.state = 'stopped';
    if (restartAfter !== undefined) stop.restartAt = now + restartAfter;
    this.#options.tell(`${stop.label} ${how === 'kill' ? 'was killed' : 'leaves'}`);
  }

  #restart(stop: PlannedStop): void {
    stop.restartAt = null;
    stop.state = 'restarted';
    const { plan } = stop;
    if (plan.role !== 'consume') throw new Error('the loader refuses producers that start again');
    const member = this.#nextMember++;
    const next: ConsumePlan = {
      ...plan,
      worker: `${plan.worker}'`,
      clients: plan.clients.map((client) => ({ ...client, evidence: { ...client.evidence, member } })),
    };
    // A later stop of the same client means its new incarnation.
    for (const each of this.#stops) if (each.plan === plan) each.plan = next;
    this.#options.joins(next);
    this.#options.tell(`${stop.label} starts again`);
    // Its failure is the crew's.
    this.#joining.push(this.#options.crew.join(next).then(() => this.#options.settled?.(next)));
    this.#joining.at(-1)?.catch(() => undefined);
  }

  /** Whether each planned stop happened; one that did not makes the verdict vacuous. */
  get conditions(): readonly { name: string; met: boolean }[] {
    return this.#stops.flatMap(({ label, spec, state }) => {
      const stopped = state === 'stopped' || state === 'restarted';
      const stop = { name: `${spec.how} of ${label}`, met: stopped };
      const missing = stopped && spec.restartAfter !== undefined && state !== 'restarted';
      return missing ? [stop, { name: `restart of ${label}`, met: false }] : [stop];
    });
  }

  /** Before the drain: who is to come back has to be there, or nobody reads what it left. At most `limit`. */
  async restarted(limit: Micros, cut: AbortSignal): Promise<void> {
    const deadline = monotonic.now() + limit;
    const isPending = () => this.#stops.some(({ restartAt }) => restartAt !== null);
    while (isPending() && monotonic.now() < deadline && !cut.aborted) await sleep(lookMillis, cut);
    const joining = Promise.allSettled(this.#joining.splice(0));
    await atMost(Math.max(0, (deadline - monotonic.now()) / 1000), joining, cut);
  }

  /** Groups, by their number in the evidence, of which no client was left in the end, or none ever came. */
  get stoppedGroups(): ReadonlySet<number> {
    const clients = this.#options.plans.flatMap((plan) =>
      plan.role === 'consume' ? plan.clients.map((client) => ({ plan, group: client.evidence.group })) : [],
    );
    const gone = new Set(this.#stops.filter(({ state }) => state === 'stopped').map(({ first }) => first));
    const isLeft = (plan: ClientPlan): boolean =>
      !gone.has(plan) && this.#options.hasJoined?.(plan) !== false;
    const left = new Set(clients.filter(({ plan }) => isLeft(plan)).map(({ group }) => group));
    return new Set(clients.map(({ group }) => group).filter((group) => !left.has(group)));
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

/** True where the scenario stops this client: it needs a process of its own. */
export function isStopped(spec: { readonly stop?: readonly StopSpec[] }, index: number): boolean {
  return (spec.stop ?? []).some(({ instance }) => instance === undefined || instance === index);
}

function plannedStops(scenario: Scenario, plans: readonly ClientPlan[]): PlannedStop[] {
  return [...scenario.producers, ...scenario.consumers].flatMap((spec) =>
    (spec.stop ?? []).flatMap((stop) =>
      plans
        .filter(({ clients }) =>
          clients.some(
            ({ name, index }) =>
              name === spec.name && (stop.instance === undefined || stop.instance === index),
          ),
        )
        .map((plan) => ({
          label: `${spec.name}/${plan.clients[0]?.index ?? 0}`,
          spec: stop,
          first: plan,
          plan,
          state: 'waiting' as const,
          restartAt: null,
        })),
    ),
  );
}
