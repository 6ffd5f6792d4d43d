import { atMost } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { NoEffect, breakBroker, evidenceMillis, heal } from './break-broker.ts';
import type { InjectContext } from './break-broker.ts';
import type { NamedBroker } from './driver.ts';
import type { Effect } from './effect.ts';
import type { FaultRecord } from '../../protocol/fault-record.ts';
import { isBackInSync } from './metadata.ts';
import { until } from './timing.ts';

const inSyncMillis = 120_000;

/** Stops and starts a broker, with its disk emptied in between if `wiped`. `back`: it was started again. */
export async function restart(
  broker: NamedBroker,
  record: FaultRecord,
  context: InjectContext,
  wiped: boolean,
): Promise<{ effect: Effect; back: boolean }> {
  const { change, watch } = await breakBroker('stop', broker, record, context);
  await atMost(evidenceMillis, watch.seen, context.ending, context.timing);
  const stopped = await watch.end();
  const effect = wiped ? await wipe(broker, stopped, context) : stopped;
  return { effect, back: await heal(change, context) };
}

async function wipe(broker: NamedBroker, stopped: Effect, { driver }: InjectContext): Promise<Effect> {
  try {
    if (!driver.wipe) throw new NoEffect(`${driver.name} cannot`);
    const what = await driver.wipe(broker.name);
    return { ...stopped, observed: `${stopped.observed}; ${what}` };
  } catch (error) {
    return { ...stopped, incomplete: `not wiped: ${messageOf(error)}` };
  }
}

/** Each broker in turn; the next only when the last is in sync again, because two down at once is another fault. */
export async function rolling(
  brokers: readonly NamedBroker[],
  record: FaultRecord,
  context: InjectContext,
): Promise<Effect> {
  const { timing, ending } = context;
  const done: { broker: string; effect: Effect }[] = [];
  let injected: number | null = null;
  for (const broker of brokers) {
    if (isOver(ending)) return together(done, `the run ended before ${broker.name} was restarted`);
    const { effect, why } = await restartInTurn(broker, record, context);
    done.push({ broker: broker.name, effect });
    injected ??= record.injected;
    record.injected = injected;
    if (why !== null) return together(done, why);
  }
  record.ended = timing.now();
  return together(done);
}

/** `why` the next broker's turn does not come; null when it does. */
async function restartInTurn(
  broker: NamedBroker,
  record: FaultRecord,
  context: InjectContext,
): Promise<{ effect: Effect; why: string | null }> {
  const { timing, ending } = context;
  const { effect, back } = await restart(broker, record, context, false);
  if (!back) {
    record.ended = null;
    return { effect, why: `${broker.name} did not come back; the others were spared` };
  }
  const inSync = await until(() => isInSync(broker, context), timing, {
    millis: inSyncMillis,
    signal: ending,
  });
  const limit = inSyncMillis / 1000;
  const late = !inSync && !isOver(ending);
  return {
    effect,
    why: late ? `${broker.name} was not in sync again within ${limit} s; the others were spared` : null,
  };
}

/** What was done to one broker was done, whatever became of the others: `why` these were spared. */
function together(done: readonly { broker: string; effect: Effect }[], why?: string): Effect {
  const seen = done.filter(({ effect }) => effect.effective);
  if (seen.length === 0) {
    const texts = done.map(({ effect }) => effect.observed);
    return { effective: false, observed: [...texts, ...(why === undefined ? [] : [why])].join('; ') };
  }
  const unseen = done.filter(({ effect }) => !effect.effective);
  const missing = unseen.map(({ broker, effect }) => `${broker}: ${effect.observed}`);
  const incomplete = [...missing, ...(why === undefined ? [] : [why])].join('; ');
  return {
    effective: true,
    observed: seen.map(({ effect }) => effect.observed).join('; '),
    ...(incomplete !== '' && { incomplete }),
  };
}

/** Not, where nobody answers. */
async function isInSync(broker: NamedBroker, { metadata }: InjectContext): Promise<boolean> {
  return metadata.look().then(
    (view) => isBackInSync(view, broker.id),
    () => false,
  );
}

/** A function, because the compiler takes an aborted flag that it has seen once for a constant. */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}
