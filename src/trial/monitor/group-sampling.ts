import type { Admin } from '../../cluster/admin/admin.ts';
import { atMost, type Micros } from '../../base/clock.ts';
import { messageOf, type Warning } from '../../base/errors.ts';
import type { ConsumePlan } from '../../protocol/plan.ts';
import type { ClientProgress } from '../../protocol/report.ts';
import { everySecond } from './every-second.ts';
import { watchedGroups } from './lag-groups.ts';
import { LagSampler, type SampledLag } from './lag-sampler.ts';
import { MemberCounts, type MemberSeconds } from './member-counts.ts';
import { OtherMembers, type Others } from './other-members.ts';

/** What was seen of consumer groups while the run went on, by their names on the cluster. */
export interface GroupSamples {
  readonly lag: ReadonlyMap<string, SampledLag>;
  readonly members: ReadonlyMap<string, MemberSeconds>;
}

export interface GroupSamplingOptions {
  /** Null: nobody can be asked for lag. */
  readonly admin: Pick<Admin, 'watchOffsets' | 'offsets' | 'describeGroup' | 'committedOffsets'> | null;
  readonly plans: readonly ConsumePlan[];
  readonly progress: () => readonly ClientProgress[];
}

/** Brokers that are gone answer no last look. */
const lastLookMillis = 5000;

/** Looks at consumer groups every second, apart from everything that is timed. */
export class GroupSampling {
  readonly #options: GroupSamplingOptions;
  readonly #lag: LagSampler | null;
  readonly #members: MemberCounts;
  readonly #others: OtherMembers | null;
  readonly #over = new AbortController();
  readonly warnings: readonly Warning[];

  private constructor(options: GroupSamplingOptions, lag: LagSampler | null, warnings: readonly Warning[]) {
    this.#options = options;
    this.#lag = lag;
    this.#members = new MemberCounts(options.plans);
    const { admin, plans, progress } = options;
    this.#others = admin && new OtherMembers(admin, plans, progress);
    this.warnings = warnings;
  }

  /** Before anything is sent. Lag that cannot be sampled is a warning: the run can do without. */
  static async open(options: GroupSamplingOptions): Promise<GroupSampling> {
    try {
      const lag = await LagSampler.open(options.admin, watchedGroups(options.plans));
      return new GroupSampling(options, lag, []);
    } catch (error) {
      const message = `lag is not sampled: ${messageOf(error)}`;
      return new GroupSampling(options, null, [{ code: 'no-lag', message }]);
    }
  }

  begin(measureStart: Micros): void {
    this.#lag?.begin(measureStart);
    this.#others?.begin();
    if (this.#members.isEmpty) return;
    void everySecond(measureStart, this.#over.signal, (second) => {
      this.#members.add(second - 1, this.#options.progress());
    });
  }

  /** The measured phase is over. Not waited for: the drain goes on meanwhile. */
  measured(): void {
    void this.#lag?.ended();
  }

  /** Every consumer has left. */
  async left(): Promise<void> {
    this.#over.abort();
    await atMost(lastLookMillis, Promise.all([this.#lag?.left(), this.#others?.look()]));
    this.#others?.close();
  }

  /** Somebody else's in the run's groups, by the numbers of these in the evidence. */
  get others(): ReadonlyMap<number, Others> {
    return this.#others?.found ?? new Map<number, Others>();
  }

  /** Who else was in the run's groups, where no verdict says so. */
  get strangers(): readonly Warning[] {
    return (this.#others?.lines ?? []).map((message) => ({ code: 'shared-group', message }));
  }

  /** Idempotent; also of a run that failed. */
  close(): void {
    this.#over.abort();
    this.#lag?.close();
    this.#others?.close();
  }

  /** @param nameOf a topic as the scenario calls it */
  samples(nameOf: (topic: string) => string): GroupSamples {
    const { groups } = this.#members;
    return {
      lag: this.#lag?.results(nameOf) ?? new Map<string, SampledLag>(),
      members: new Map(groups.map((group) => [group, this.#members.of(group)])),
    };
  }
}
