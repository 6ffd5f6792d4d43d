import { expect, vi } from 'vitest';
import { monotonic, sleep } from '../../../base/clock.ts';
import type { KafkaError, ReceivedMessage, TopicPartition } from '../../kafka/binding.ts';
import type { ConsumerEvents } from '../../kafka/consumer.ts';
import { ENVELOPE_BYTES, EnvelopeWriter } from '../../../protocol/envelope.ts';
import type { ConsumerEvidence } from './consumer-evidence.ts';
import { ConsumerSession } from './consumer-session.ts';
import { Meter } from '../meter.ts';
import type { ConsumerClientPlan } from '../../../protocol/plan.ts';
import type { IntervalReport, ShownMessage } from '../../../protocol/report.ts';
import { ShownSampler } from '../shown.ts';

/** A consumer whose messages the test puts into its log; paused partitions give none. */
export class FakeClient {
  events!: ConsumerEvents;
  assigned: TopicPartition[] = [];
  log: ReceivedMessage[] = [];
  readonly paused = new Set<number>();
  readonly commits: (readonly TopicPartition[])[] = [];
  closed = false;
  /** No broker answers: it is closed when that is waited for no longer. */
  hangs = false;
  commitMillis = 0;
  /** What happens when a commit is asked for, and what it is answered. */
  onCommit: (positions: readonly TopicPartition[]) => KafkaError | null = () => null;
  onClose: () => void = () => undefined;
  failNext: Error | undefined;

  readonly assign = (...partitions: number[]): void => {
    this.assigned = partitions.map((partition) => ({ topic: 't', partition }));
    this.events.rebalance('assign', this.assigned);
  };
  readonly revoke = (): void => {
    const revoked = this.assigned;
    this.assigned = [];
    this.events.rebalance('revoke', revoked);
  };
  readonly subscribe = vi.fn();
  readonly assignAll = vi.fn(() => Promise.resolve(this.assigned));

  async receive(max: number, timeoutMillis: number): Promise<readonly ReceivedMessage[]> {
    const deadline = monotonic.now() + timeoutMillis * 1000;
    for (;;) {
      if (this.failNext) {
        const failure = this.failNext;
        this.failNext = undefined;
        throw failure;
      }
      const fetched = this.assigned
        .map(({ partition }) => partition)
        .filter((each) => !this.paused.has(each));
      const ready = this.log.filter(({ partition }) => fetched.includes(partition)).slice(0, max);
      if (ready.length > 0) {
        const taken = new Set(ready);
        this.log = this.log.filter((message) => !taken.has(message));
      }
      if (ready.length > 0 || monotonic.now() >= deadline) return ready;
      await sleep(1);
    }
  }
  commit(positions: readonly TopicPartition[], giveUp?: AbortSignal) {
    this.commits.push(positions);
    const answer = this.onCommit(positions);
    return sleep(this.hangs ? 90_000 : this.commitMillis, giveUp).then(() => answer);
  }
  assignments() {
    return this.assigned;
  }
  pause(partitions: readonly TopicPartition[]) {
    for (const { partition } of partitions) this.paused.add(partition);
  }
  resume(partitions: readonly TopicPartition[]) {
    for (const { partition } of partitions) this.paused.delete(partition);
  }
  async close(giveUp?: AbortSignal): Promise<boolean> {
    if (this.hangs) await sleep(30_000, giveUp);
    else this.closed = true;
    this.onClose();
    return this.closed;
  }
}

export const run = 77;
const writer = new EnvelopeWriter({ run, producer: 0, incarnation: 0 });

export function message(partition: number, offset: number, due: number | null = null): ReceivedMessage {
  const value = Buffer.alloc(ENVELOPE_BYTES + 8, 'x');
  if (due !== null) writer.stamp(value, 0, offset, due, null, value, ENVELOPE_BYTES);
  return { topic: 't', partition, offset, key: null, value, size: value.length };
}

/** Of this run, with a value behind its envelope. */
export function jsonMessage(offset: number, text: string): ReceivedMessage {
  const value = Buffer.concat([Buffer.alloc(ENVELOPE_BYTES), Buffer.from(text)]);
  writer.stamp(value, 0, offset, 0, null, value, ENVELOPE_BYTES);
  return { topic: 't', partition: 0, offset, key: null, value, size: value.length };
}

export function scene(more: Partial<ConsumerClientPlan> = {}, evidence: ConsumerEvidence | null = null) {
  const client = new FakeClient();
  const plan: ConsumerClientPlan = {
    name: 'reader',
    index: 0,
    of: 1,
    topics: ['t'],
    group: 'g',
    evidence: { group: 0, member: 0 },
    processing: null,
    failures: 0,
    deadLetter: null,
    config: { client } as unknown as ConsumerClientPlan['config'],
    mode: { kind: 'batch', size: 100 },
    commit: { kind: 'auto' },
    idleTimeout: 30_000,
    validate: null,
    ...more,
  };
  const intervals: IntervalReport[] = [];
  const shown: ShownMessage[] = [];
  const warnings: string[] = [];
  const meter = new Meter('consumer', 'reader', (interval) => intervals.push(interval));
  const session = new ConsumerSession(plan, {
    run,
    seed: 1,
    clock: monotonic,
    meter,
    shown: new ShownSampler(1000, monotonic, (each) => shown.push(each)),
    receiveSource: 'consume-callbacks',
    evidence,
    onError: (code, message) => warnings.push(`${code}: ${message}`),
  });
  const begin = async (warmup = 0): Promise<number> => {
    // Whole, as the crew's is: in nanoseconds it must not come to lie behind what the clock says.
    const start = Math.ceil(monotonic.now()) + 5000;
    meter.begin(start, start + warmup);
    const ended = session.run(start, warmup);
    await ended;
    meter.flush();
    return start;
  };
  return { client, session, meter, intervals, shown, warnings, begin };
}

/** Of a client that is stopped. */
export const leaveMillis = 10_000;

/** Longer than a read that was under way when the run began. */
export const settleMillis = 130;

/** Joins two partitions, both at their end. */
export async function joined(session: ConsumerSession, client: FakeClient): Promise<void> {
  const connecting = session.connect();
  await sleep(1);
  client.assign(0, 1);
  client.events.endOfPartition('t', 0, 0);
  client.events.endOfPartition('t', 1, 0);
  await connecting;
  await placed(session);
}

/** Resolves when the member has an assignment, and a known place in each of its partitions. */
export async function placed(session: ConsumerSession): Promise<void> {
  await vi.waitFor(() =>
    expect(session.progress().membership).toMatchObject({ assigned: true, placed: true }),
  );
}
