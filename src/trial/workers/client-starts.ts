import { atMost, monotonic, sleep, type Micros } from '../../base/clock.ts';
import type { ConsumerSpec, Scenario } from '../../scenario/schema.ts';
import type { ConsumePlan, ProducePlan } from '../../protocol/plan.ts';
import type { Crew } from './crew.ts';

const lookMillis = 20;

type ClientPlan = ProducePlan | ConsumePlan;
type StartSpec = NonNullable<ConsumerSpec['start']>;

interface PlannedStart {
  readonly name: string;
  readonly spec: StartSpec;
  readonly plans: readonly ConsumePlan[];
  started: boolean;
}

export interface ClientStartsOptions {
  readonly scenario: Scenario;
  readonly plans: readonly ClientPlan[];
  readonly crew: Crew;
  /** Clients are about to join. */
  readonly joins: (plan: ConsumePlan) => void;
  /** Resolves when the groups of clients that have joined are dealt out anew. */
  readonly settled?: (plan: ConsumePlan) => Promise<void>;
  readonly tell: (line: string) => void;
}

/** Consumers that the scenario lets join while the run goes on. */
export class ClientStarts {
  readonly #options: ClientStartsOptions;
  readonly #starts: readonly PlannedStart[];
  readonly #joining: Promise<void>[] = [];
  #measureStart: Micros = Infinity;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ClientStartsOptions) {
    this.#options = options;
    this.#starts = options.scenario.consumers.flatMap((spec) => {
      if (spec.start === undefined) return [];
      const plans = options.plans.filter((plan) => plan.role === 'consume');
      const own = plans.filter(({ clients }) => clients.some(({ name }) => name === spec.name));
      return [{ name: spec.name, spec: spec.start, plans: own, started: false }];
    });
  }

  /** Times count from the start of the measured phase. */
  begin(measureStart: Micros): void {
    if (this.#starts.length === 0) return;
    this.#measureStart = measureStart;
    this.#timer = setInterval(() => this.#look(), lookMillis);
  }

  #look(): void {
    for (const start of this.#starts) if (!start.started && this.#isDue(start.spec)) this.#start(start);
  }

  #isDue(spec: StartSpec): boolean {
    const { crew } = this.#options;
    if (typeof spec === 'number') return monotonic.now() >= this.#measureStart + spec;
    if (spec.acked !== undefined) return crew.acked >= spec.acked;
    return spec.stopped !== undefined && crew.hasStopped(spec.stopped);
  }

  #start(start: PlannedStart): void {
    const { crew, joins, settled, tell } = this.#options;
    start.started = true;
    tell(`${start.name} starts`);
    for (const plan of start.plans) {
      joins(plan);
      const joining = crew.join(plan).then(() => settled?.(plan));
      // Its failure is the crew's.
      joining.catch(() => undefined);
      this.#joining.push(joining);
    }
  }

  /** Whether this client is in the run, or was. */
  hasJoined(plan: ClientPlan): boolean {
    return this.#starts.every(({ plans, started }) => started || !plans.some((each) => each === plan));
  }

  /** Nobody is still to come. */
  get areAllHere(): boolean {
    return this.#starts.every(({ started }) => started);
  }

  /** Whether each planned start happened; one that did not makes the verdict vacuous. */
  get conditions(): readonly { name: string; met: boolean }[] {
    return this.#starts.map(({ name, started }) => ({ name: `start of ${name}`, met: started }));
  }

  /** Before the drain: who is still to come has to be there, or nobody reads what is theirs. At most `limit`. */
  async joined(limit: Micros, cut: AbortSignal): Promise<void> {
    const deadline = monotonic.now() + limit;
    while (this.#starts.some((start) => this.#mayCome(start, deadline)) && !cut.aborted) {
      await sleep(lookMillis, cut);
      if (monotonic.now() >= deadline) break;
    }
    const joining = Promise.allSettled(this.#joining.splice(0));
    await atMost(Math.max(0, (deadline - monotonic.now()) / 1000), joining, cut);
  }

  /** Nothing more is acknowledged by now, and who has not stopped by now reads to the end. */
  #mayCome({ started, spec }: PlannedStart, deadline: Micros): boolean {
    return !started && (typeof spec === 'number' ? this.#measureStart + spec < deadline : this.#isDue(spec));
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

/** Those of the plans that are there from the beginning. */
export function presentAtStart({ consumers }: Scenario, plans: readonly ClientPlan[]): readonly ClientPlan[] {
  const late = new Set(consumers.filter(({ start }) => start !== undefined).map(({ name }) => name));
  return plans.filter(({ clients }) => !clients.some(({ name }) => late.has(name)));
}
