import { BenchError } from '../../base/errors.ts';
import { seededRandom } from '../../base/random.ts';
import type { Random } from '../../base/random.ts';
import type { FaultDriver, NamedBroker } from './driver.ts';
import { targetText } from './fault.ts';
import type { PlannedFault, Target } from './fault.ts';
import type { FaultMetadata } from './metadata.ts';
import type { Timing } from './timing.ts';

/** A target may have no answer for a moment: a partition between leaders, a controller between elections. */
const resolveMillis = 10_000;

export interface ChoiceContext {
  readonly driver: Pick<FaultDriver, 'brokers'>;
  readonly metadata: FaultMetadata;
  readonly seed: number;
  readonly timing: Timing;
  /** Resolves early, with none, when it is aborted. */
  readonly signal: AbortSignal;
}

/** The brokers that a fault hits if it fires now. Throws BenchError('cluster') when that stays unknown for 10 s. */
export async function brokersOf(
  { id, effect }: PlannedFault,
  context: ChoiceContext,
): Promise<readonly NamedBroker[]> {
  const { driver, metadata, seed, timing, signal } = context;
  const { brokers } = driver;
  if (effect.action === 'rolling') {
    // Dedicated controllers serve no partition, and a broker that is down stays down.
    const { brokers: registered } = await metadata.look();
    return brokers.filter((broker) => registered.includes(broker.id));
  }
  if (effect.target === null) {
    const groups =
      'change' in effect && effect.change.action === 'partition' ? effect.change.groups.flat() : [];
    return groups.flatMap((name) => brokerNamed(name, brokers) ?? []);
  }
  const random = seededRandom(seed, `fault ${id}`);
  const deadline = timing.now() + resolveMillis * 1000;
  while (!signal.aborted) {
    try {
      return [await resolveTarget(effect.target, { brokers, metadata, random })];
    } catch (error) {
      if (effect.target.kind === 'broker' || timing.now() >= deadline) throw error;
      await timing.sleep(500, signal);
    }
  }
  return [];
}

export interface TargetContext {
  readonly brokers: readonly NamedBroker[];
  readonly metadata: FaultMetadata;
  readonly random: Random;
}

/**
 * The broker that a target means now. Throws BenchError('cluster') with the reason when it means none: a partition
 * without a leader, a controller that nobody tells.
 */
export async function resolveTarget(target: Target, context: TargetContext): Promise<NamedBroker> {
  const { brokers, metadata, random } = context;
  switch (target.kind) {
    case 'broker': {
      const named = brokerNamed(target.name, brokers);
      if (!named) throw none(target, `there is no broker ${target.name}`);
      return named;
    }
    case 'leaderOf':
    case 'followerOf': {
      const { partitions } = await metadata.look();
      const found = partitions.find((p) => p.topic === target.topic && p.partition === target.partition);
      if (!found) throw none(target, 'there is no such partition');
      if (found.leader < 0) throw none(target, 'the partition has no leader');
      if (target.kind === 'leaderOf') return brokerOf(found.leader, target, brokers);
      // One in sync if there is one: stopping another changes nothing that acknowledgements wait for.
      const followers = found.replicas.filter((id) => id !== found.leader);
      const follower = followers.find((id) => found.inSync.includes(id)) ?? followers[0];
      if (follower === undefined) throw none(target, 'the partition has no followers');
      return brokerOf(follower, target, brokers);
    }
    case 'controller': {
      const id = await metadata.controller();
      if (id === null) throw none(target, 'the cluster does not tell its controller');
      return brokerOf(id, target, brokers);
    }
    case 'coordinatorOf': {
      const id = (await metadata.coordinatorOf?.(target.group)) ?? null;
      if (id === null) throw none(target, 'the coordinator is not known');
      return brokerOf(id, target, brokers);
    }
    case 'random': {
      const { brokers: registered } = await metadata.look();
      const alive = brokers.filter((broker) => registered.includes(broker.id));
      if (alive.length === 0) throw none(target, 'no broker is registered');
      return alive[random.below(alive.length)]!;
    }
  }
}

/** Brokers of an external cluster are called by their address; `kafka2` means the one with id 2 there. */
export function brokerNamed(name: string, brokers: readonly NamedBroker[]): NamedBroker | undefined {
  const id = Number(/^kafka(\d+)$/.exec(name)?.[1] ?? NaN);
  return brokers.find((broker) => broker.name === name) ?? brokers.find((broker) => broker.id === id);
}

function brokerOf(id: number, target: Target, brokers: readonly NamedBroker[]): NamedBroker {
  const found = brokers.find((broker) => broker.id === id);
  if (!found) throw none(target, `it is node ${id}, which cannot be reached`);
  return found;
}

function none(target: Target, why: string): BenchError {
  return new BenchError('cluster', `${targetText(target)} means no broker: ${why}`);
}
