import { atMost } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import { NoEffect, breakBroker, evidenceMillis, heal } from './break-broker.ts';
import type { InjectContext } from './break-broker.ts';
import type { NamedBroker } from './driver.ts';
import type { Effect } from './effect.ts';
import type { FaultRecord } from './record.ts';
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
    return { effective: false, observed: `${stopped.observed}; not wiped: ${messageOf(error)}` };
  }
}

/** Each broker in turn; the next only when the last is in sync again, because two down at once is another fault. */
export async function rolling(
  brokers: readonly NamedBroker[],
  record: FaultRecord,
  context: InjectContext,
): Promise<Effect> {
  const { timing, ending } = context;
  const effects: Effect[] = [];
  let injected: number | null = null;
  for (const broker of brokers) {
    if (isOver(ending)) throw new NoEffect(`the run ended before ${broker.name} was restarted`);
    const { effect, back } = await restart(broker, record, context, false);
    effects.push(effect);
    injected ??= record.injected;
    if (!back) throw new NoEffect(`${broker.name} did not come back; the others were spared`);
    const inSync = await until(() => isInSync(broker, context), timing, {
      millis: inSyncMillis,
      signal: ending,
    });
    if (!inSync && !isOver(ending)) {
      const limit = inSyncMillis / 1000;
      throw new NoEffect(`${broker.name} was not in sync again within ${limit} s; the others were spared`);
    }
  }
  record.injected = injected;
  record.ended = timing.now();
  return {
    effective: effects.every(({ effective }) => effective),
    observed: effects.map(({ observed }) => observed).join('; '),
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
