import { atMost } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { NoEffect, breakBroker, evidenceMillis, heal, noteOn, startBroker } from './break-broker.ts';
import type { InjectContext } from './break-broker.ts';
import type { NamedBroker } from './driver.ts';
import { watchEffect } from './effect.ts';
import type { Effect } from './effect.ts';
import type { NetworkChange, PlannedFault } from './fault.ts';
import type { FaultRecord } from '../../protocol/fault-record.ts';
import { restart, rolling } from './restart.ts';
import type { Undone } from './undo.ts';

/**
 * Does one fault to brokers that are already chosen, from injection to healing, and fills its record. Never rejects:
 * what went wrong stands in the record.
 */
export async function inject(
  fault: PlannedFault,
  brokers: readonly NamedBroker[],
  record: FaultRecord,
  context: InjectContext,
): Promise<void> {
  record.started = context.timing.now();
  try {
    const effect = await perform(fault, brokers, record, context);
    record.effective = effect.effective;
    record.observed = effect.observed;
    record.incomplete = effect.incomplete ?? null;
    noteOn(record, effect.incomplete);
  } catch (error) {
    record.effective = false;
    record.observed = messageOf(error);
  }
}

async function perform(
  { effect, lasts }: PlannedFault,
  brokers: readonly NamedBroker[],
  record: FaultRecord,
  context: InjectContext,
): Promise<Effect> {
  const broker = brokers[0];
  if ('change' in effect) return network(effect.change, broker ?? null, lasts, record, context);
  if (effect.action === 'rolling') return rolling(brokers, record, context);
  if (!broker) throw new NoEffect('no broker to act on');
  switch (effect.action) {
    case 'start':
      return start(broker, record, context);
    case 'restart':
    case 'wipe':
      return (await restart(broker, record, context, effect.action === 'wipe')).effect;
    default:
      return lasting(effect.action, broker, lasts, record, context);
  }
}

/** stop, kill and pause, until `lasts` is over, or left for the end of the run. */
async function lasting(
  action: 'stop' | 'kill' | 'pause',
  broker: NamedBroker,
  lasts: number | null,
  record: FaultRecord,
  context: InjectContext,
): Promise<Effect> {
  const { change, watch } = await breakBroker(action, broker, record, context);
  if (lasts === null) return watch.all();
  await context.timing.sleep(lasts / 1000, context.ending);
  const effect = await watch.end();
  await heal(change, context);
  return effect;
}

async function start(broker: NamedBroker, record: FaultRecord, context: InjectContext): Promise<Effect> {
  const watch = await startBroker(broker, record, context);
  await atMost(evidenceMillis, watch.seen, context.ending, context.timing);
  record.ended = context.timing.now();
  return watch.end();
}

/** Connections, through the proxy. `broker` is null for a change between groups of brokers. */
async function network(
  change: NetworkChange,
  broker: NamedBroker | null,
  lasts: number | null,
  record: FaultRecord,
  { driver, changes, timing, ending }: InjectContext,
): Promise<Effect> {
  const connections = driver.network;
  if (!connections) throw new NoEffect(`no proxy to ${change.action} connections`);
  const name = broker?.name ?? null;
  const undo = connections.undoOf(change, name);
  const heal = async (): Promise<Undone> => {
    const left = await connections.heal(change, name);
    if (left) changes.leave(record, left);
    return { what: `${change.action} healed`, needed: true };
  };
  const open = undo ? changes.begin(record, name, undo, heal) : changes.beginFleeting(record, name, heal);
  let shown = '';
  const shows = async (): Promise<boolean> => {
    const seen = await connections.observed(change, name);
    shown = seen ?? shown;
    return seen !== null;
  };
  const watch = watchEffect([{ text: `${change.action} seen by connections`, holds: shows }], timing, ending);
  const effect = async (whole: Promise<Effect>): Promise<Effect> => {
    const { effective, observed } = await whole;
    return { effective, observed: effective ? `${observed}: ${shown}` : observed };
  };
  try {
    noteOn(record, await connections.inject(change, name));
  } catch (error) {
    await watch.end();
    await changes.undo(open);
    throw error;
  }
  record.injected = timing.now();
  if (lasts === null) return effect(watch.all());
  await timing.sleep(lasts / 1000, ending);
  const seen = await effect(watch.end());
  if (await changes.undo(open)) record.ended = timing.now();
  return seen;
}
