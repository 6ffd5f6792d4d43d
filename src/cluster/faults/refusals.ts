import type { Micros } from '../../base/clock.ts';
import { BenchError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import type { BrokerAction } from '../cluster.ts';
import type { NamedBroker, NetworkDriver } from './driver.ts';
import { clientsSide, needsHealing } from './fault.ts';
import type { NetworkChange, PlannedFault } from './fault.ts';
import { brokerNamed } from './targets.ts';

/** What the cluster at hand can do. */
export interface FaultCapabilities {
  /** As a message names it: `cluster: mock`. */
  readonly provider: string;
  readonly actions: ReadonlySet<BrokerAction>;
  readonly wipe: boolean;
  /** What can be done to connections, if there is a proxy. */
  readonly network?: Pick<NetworkDriver, 'features' | 'check'> | undefined;
  readonly coordinators: boolean;
  /** Names that targets may use; undefined while they are not known yet. */
  readonly brokers?: readonly NamedBroker[] | undefined;
  /** Length of the measured phase; undefined where messages bound it. */
  readonly measure?: Micros | undefined;
}

export function refuseTwins(faults: readonly PlannedFault[]): void {
  const twin = faults.find((fault, i) => faults.findIndex((other) => other.id === fault.id) !== i);
  if (twin) throw refusal(`two faults have the id ${twin.id}`, 'give each an id of its own');
}

/** Every action that a fault takes, its undo included, which a run makes at its end at the latest. */
function actionsOf({ effect }: PlannedFault): readonly BrokerAction[] {
  switch (effect.action) {
    case 'stop':
    case 'kill':
      return [effect.action, 'start'];
    case 'start':
      return ['start'];
    case 'pause':
      return ['pause', 'unpause'];
    case 'restart':
    case 'rolling':
    case 'wipe':
      return ['stop', 'start'];
    default:
      return [];
  }
}

export function refuseImpossible(fault: PlannedFault, can: FaultCapabilities): void {
  const { action } = fault.effect;
  const subject = `${can.provider} cannot`;
  const missing = actionsOf(fault).find((needed) => !can.actions.has(needed));
  if (missing !== undefined) {
    const what = missing === action ? `${action} a broker` : `${missing} a broker, which ${action} needs`;
    throw refusal(
      `${subject} ${what} (fault ${fault.id})`,
      'use cluster: local or compose; for an external cluster name containers or commands under cluster',
    );
  }
  if (action === 'wipe' && !can.wipe) {
    throw refusal(`${subject} wipe a broker's disk (fault ${fault.id})`, 'use cluster: local');
  }
  if ('change' in fault.effect) refuseNetwork(fault.id, fault.effect.change, can);
  if ('target' in fault.effect && fault.effect.target?.kind === 'coordinatorOf' && !can.coordinators) {
    throw refusal(
      `${subject} tell the coordinator of a group (fault ${fault.id})`,
      'use leaderOf, controller, random or a broker name',
    );
  }
  if (fault.lasts !== null && !needsHealing(action)) {
    throw refusal(
      `${action} ends by itself, so it takes no for: (fault ${fault.id})`,
      'leave for: out, or use stop with for:',
    );
  }
}

function refuseNetwork(id: string, change: NetworkChange, { provider, network }: FaultCapabilities): void {
  if (!network?.features.has(change.action)) {
    throw refusal(
      `${provider} cannot ${change.action} connections (fault ${id}): clients reach its brokers directly, not through the proxy`,
      'use cluster: { kind: local, proxy: true }, or compose',
    );
  }
  network.check(change);
}

export function refuseUnknownBrokers(
  { id, effect }: PlannedFault,
  brokers: readonly NamedBroker[] | undefined,
): void {
  if (!brokers) return;
  const named =
    'change' in effect && effect.change.action === 'partition'
      ? effect.change.groups.flat().filter((name) => name !== clientsSide)
      : 'target' in effect && effect.target?.kind === 'broker'
        ? [effect.target.name]
        : [];
  const unknown = named.find((name) => !brokerNamed(name, brokers));
  if (unknown === undefined) return;
  const names = brokers.map((broker) => broker.name);
  const near = nearest(unknown, names);
  throw refusal(
    `there is no broker ${unknown} (fault ${id})`,
    near === undefined ? `use one of ${names.join(', ')}` : `did you mean ${near}?`,
  );
}

/** `after: { healed }` of a fault that never heals, does not exist, or waits for this one. */
export function refuseNeverFiring(fault: PlannedFault, faults: readonly PlannedFault[]): void {
  const seen = new Set<string>();
  let current: PlannedFault = fault;
  while (current.trigger.kind === 'healed') {
    if (seen.has(current.id)) {
      throw refusal(`fault ${fault.id} waits for itself`, 'let one of them start at: a time');
    }
    seen.add(current.id);
    const { fault: awaited } = current.trigger;
    const next = faults.find((other) => other.id === awaited);
    if (!next) {
      throw refusal(
        `fault ${current.id} waits for ${awaited}, which does not exist`,
        `use one of ${faults.map((other) => other.id).join(', ')}`,
      );
    }
    if (needsHealing(next.effect.action) && next.lasts === null) {
      throw refusal(`fault ${current.id} waits for ${awaited}, which never heals`, `give ${awaited} a for:`);
    }
    current = next;
  }
}

export function refusal(message: string, hint: string): BenchError {
  return new BenchError('scenario', message, { hint });
}
