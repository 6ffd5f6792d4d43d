import type { Clock, Micros } from '../../../base/clock.ts';
import type { Channel } from '../channel.ts';
import { ConsumerEvidence } from './consumer-evidence.ts';
import { ConsumerSession } from './consumer-session.ts';
import { EvidenceFile } from '../evidence-file.ts';
import { Meters } from '../meters.ts';
import { memberEvidenceName, type ConsumePlan, type ConsumerClientPlan } from '../../../protocol/plan.ts';
import type { WorkerReport } from '../../../protocol/report.ts';
import type { Role } from '../role.ts';
import { ShownSampler } from '../shown.ts';
import { UsageMeter } from '../usage.ts';

/** The consuming role: every client of this process reads on its own, until it is stopped or idle. */
export class ConsumeRole implements Role {
  readonly #plan: ConsumePlan;
  readonly #clock: Clock;
  readonly #meters: Meters;
  readonly #sessions: ConsumerSession[];
  readonly #usage: UsageMeter;

  constructor(plan: ConsumePlan, channel: Channel, clock: Clock) {
    this.#plan = plan;
    this.#clock = clock;
    this.#usage = new UsageMeter(clock);
    this.#meters = new Meters('consumer', channel);
    const shown = new ShownSampler(plan.showMessagesPerSecond, clock, (message) =>
      channel.send({ type: 'shown', shown: message }),
    );
    this.#sessions = plan.clients.map((client) => {
      return new ConsumerSession(client, {
        run: plan.run,
        seed: plan.seed,
        clock,
        meter: this.#meters.of(client.name),
        shown,
        receiveSource: plan.receiveSource,
        evidence: evidenceOf(client, plan, clock),
        onError: (code, message) => channel.send({ type: 'warning', warning: { code, message } }),
      });
    });
  }

  async connect(): Promise<void> {
    await Promise.all(this.#sessions.map((session) => session.connect()));
  }

  async run(start: Micros): Promise<WorkerReport> {
    this.#meters.begin(start, this.#plan.warmup, () => this.#plan.measured);
    this.#usage.begin();
    await Promise.all(this.#sessions.map((session) => session.run(start, this.#plan.warmup)));
    const usage = this.#usage.read();
    this.#meters.flush();
    return {
      worker: this.#plan.worker,
      clients: this.#sessions.map((session) => session.report()),
      latency: this.#meters.report(),
      acks: [],
      process: usage,
    };
  }

  tick(): void {
    this.#meters.roll(this.#clock.now());
    for (const session of this.#sessions) session.tick();
  }

  progress() {
    return this.#sessions.map((session) => session.progress());
  }

  endPhase(at: Micros): void {
    this.#meters.endPhase(at);
  }

  stop(leaveMillis: number): void {
    for (const session of this.#sessions) session.stop(leaveMillis);
  }
}

/** Evidence files of consumers have writer numbers behind those of producers, which are 16 bits. */
const firstMemberWriter = 65_536;

function evidenceOf(
  client: ConsumerClientPlan,
  { evidence, run }: ConsumePlan,
  clock: Clock,
): ConsumerEvidence | null {
  if (evidence === null) return null;
  const { group, member } = client.evidence;
  const file = new EvidenceFile(
    evidence.directory,
    memberEvidenceName(member),
    run,
    firstMemberWriter + member,
  );
  return new ConsumerEvidence({ group, member, topics: evidence.topics }, file, clock);
}
