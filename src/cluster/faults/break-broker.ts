import { messageOf } from '../../base/errors.ts';
import type { Changes, OpenChange } from './changes.ts';
import type { BrokerState, FaultDriver, NamedBroker } from './driver.ts';
import { brokerEvidence, watchEffect } from './effect.ts';
import type { EffectWatch } from './effect.ts';
import type { FaultRecord } from '../../protocol/fault-record.ts';
import type { FaultMetadata } from './metadata.ts';
import { until } from './timing.ts';
import type { Timing } from './timing.ts';

export interface InjectContext {
  readonly driver: FaultDriver;
  readonly metadata: FaultMetadata;
  readonly changes: Changes;
  readonly timing: Timing;
  readonly connectionsDown?: ((broker: number) => boolean) | undefined;
  /** The run ends: what waits goes on at once, to heal. */
  readonly ending: AbortSignal;
}

/** Not injected, or only in part; the message is what the record says. */
export class NoEffect extends Error {}

/** A controlled shutdown is in metadata at once; a restart need not wait longer for evidence than this. */
export const evidenceMillis = 3_000;

/** An overloaded machine takes a minute to start a broker. */
const servingMillis = 90_000;

/** Writes the undo down, then acts. A failed action is undone at once, as far as it went. */
export async function breakBroker(
  action: 'stop' | 'kill' | 'pause',
  broker: NamedBroker,
  record: FaultRecord,
  context: InjectContext,
): Promise<{ change: OpenChange; watch: EffectWatch }> {
  const { driver, changes } = context;
  const registered = await precheck(action, broker, context);
  const undo = driver.undoOf(action, broker.name);
  const change = changes.begin(record, broker.name, undo, async () => {
    const undone = await driver.undo(undo);
    // What was as before by someone else's hand is theirs: it may have ended meanwhile.
    if (registered && undone.needed) await untilServing(broker, context);
    return undone;
  });
  const watch = watchBroker(action === 'pause' ? 'paused' : 'down', broker, registered, context);
  try {
    noteOn(record, await driver.act(action, broker.name));
  } catch (error) {
    await watch.end();
    if (await changes.undoIfNeeded(change)) record.ended = context.timing.now();
    throw error;
  }
  record.injected = context.timing.now();
  return { change, watch };
}

/** False when the undo failed: the change stays open, with a note. */
export async function heal(change: OpenChange, { changes, timing }: InjectContext): Promise<boolean> {
  const healed = await changes.undo(change);
  if (healed) change.record.ended = timing.now();
  return healed;
}

/**
 * A container or process that runs again is no broker that serves: metadata lists it by its last registration until
 * that ends, and it takes part again only with a new one. Not waited for at the end of the run.
 */
async function untilServing({ name, id }: NamedBroker, context: InjectContext): Promise<void> {
  const { metadata, timing, ending } = context;
  const { serves } = metadata;
  if (!serves) return;
  const options = { millis: servingMillis, every: 250, signal: ending };
  if ((await until(() => serves(id), timing, options)) || ending.aborted) return;
  throw new Error(`${name} runs again and does not serve after ${servingMillis / 1000} s`);
}

/** Starts a broker that is down, which also undoes what an earlier fault did to it. */
export async function startBroker(
  broker: NamedBroker,
  record: FaultRecord,
  context: InjectContext,
): Promise<EffectWatch> {
  const registered = await precheck('start', broker, context);
  const watch = watchBroker('up', broker, registered, context);
  try {
    noteOn(record, await context.driver.act('start', broker.name));
  } catch (error) {
    await watch.end();
    throw error;
  }
  const { changes, timing } = context;
  record.injected = timing.now();
  const view = await context.metadata.look().catch(() => null);
  // A controller of its own serves no clients.
  if (view?.partitions.some(({ replicas }) => replicas.includes(broker.id))) {
    await untilServing(broker, context).catch((error: unknown) => noteOn(record, messageOf(error)));
  }
  for (const change of changes.open.filter((open) => open.broker === broker.name)) {
    changes.settle(change, `started by fault ${record.id}`);
    change.record.healing ??= record.started;
    change.record.ended ??= timing.now();
  }
  return watch;
}

/** Whether metadata lists the broker. Throws where the fault would change nothing: it is so already. */
async function precheck(
  action: 'stop' | 'kill' | 'pause' | 'start',
  { name, id }: NamedBroker,
  { driver, metadata }: InjectContext,
): Promise<boolean> {
  const needed: BrokerState = action === 'start' ? 'stopped' : 'running';
  const state = await driver.state?.(name);
  if (state !== undefined && state !== needed) {
    throw new NoEffect(`${name} was ${state} already: ${action} would change nothing`);
  }
  const brokers = await metadata.look().then(
    (view) => view.brokers,
    () => null,
  );
  if (state === undefined && brokers && brokers.includes(id) === (action === 'start')) {
    const found = action === 'start' ? 'registered' : 'gone';
    throw new NoEffect(`${name} was ${found} already: ${action} would change nothing`);
  }
  return brokers?.includes(id) ?? action !== 'start';
}

function watchBroker(
  expected: 'down' | 'paused' | 'up',
  broker: NamedBroker,
  registered: boolean,
  { driver, metadata, connectionsDown, timing, ending }: InjectContext,
): EffectWatch {
  const kinds = brokerEvidence({ expected, broker, driver, metadata, registered, connectionsDown });
  return watchEffect(kinds, timing, ending);
}

export function noteOn(record: FaultRecord, note: string | undefined): void {
  if (note !== undefined) record.notes.push(note);
}
