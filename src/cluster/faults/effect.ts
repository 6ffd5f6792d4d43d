import { atMost, whenAborted, type Micros } from '../../base/clock.ts';
import { formatDuration } from '../../base/units.ts';
import type { BrokerState, FaultDriver, NamedBroker } from './driver.ts';
import type { FaultMetadata } from './metadata.ts';
import type { Timing } from './timing.ts';

/** One thing that shows a fault, if it is seen. */
export interface Evidence {
  readonly text: string;
  /** A rejection is no evidence either way: nobody answers just now. */
  readonly holds: () => Promise<boolean>;
}

export interface Effect {
  readonly effective: boolean;
  /** Everything that was seen, each with its delay, or what was not. */
  readonly observed: string;
  /** What was not done of a fault that had an effect; absent where all was. */
  readonly incomplete?: string;
}

export interface EffectWatch {
  /** Resolves with the first evidence, or when the watch ends without. */
  readonly seen: Promise<void>;
  /** Ends the watch, because healing begins or because nobody waits longer. */
  end(): Promise<Effect>;
  /** Waits for every kind of evidence, 30 s at most. */
  all(): Promise<Effect>;
}

/** A killed or frozen broker stays registered for its session (9 s by default). */
const limitMillis = 30_000;
const lookMillis = 250;

/** Healing does not wait longer than this for an answer that is under way. */
const lastAnswerMillis = 500;

/** Watches from now on. Each kind of evidence suffices; the others are looked for until the watch ends. */
export function watchEffect(kinds: readonly Evidence[], timing: Timing, signal: AbortSignal): EffectWatch {
  const ended = new AbortController();
  const over = AbortSignal.any([signal, ended.signal]);
  const started = timing.now();
  const found = new Map<string, Micros>();
  let first: () => void = () => undefined;
  const seen = new Promise<void>((resolve) => (first = resolve));

  /** Each kind by itself: where no broker is left, metadata is silent for seconds, and a process has long ended. */
  async function watch(): Promise<void> {
    const deadline = started + limitMillis * 1000;
    await Promise.all(kinds.map((kind) => look(kind, deadline)));
    first();
  }

  async function look({ text, holds }: Evidence, deadline: Micros): Promise<void> {
    for (;;) {
      if (await holds().catch(() => false)) {
        found.set(text, timing.now() - started);
        first();
        return;
      }
      if (over.aborted || timing.now() >= deadline) return;
      await timing.sleep(lookMillis, over);
    }
  }

  function effect(): Effect {
    const texts = [...found].map(([text, after]) => `${text} after ${formatDuration(after)}`);
    return found.size > 0
      ? { effective: true, observed: texts.join('; ') }
      : { effective: false, observed: `not seen: ${kinds.map(({ text }) => text).join(', ')}` };
  }

  const watching = watch();
  return {
    seen,
    async end() {
      ended.abort();
      await atMost(lastAnswerMillis, watching, undefined, timing);
      return effect();
    },
    async all() {
      await Promise.race([watching, whenAborted(over)]);
      return this.end();
    },
  };
}

export interface BrokerEvidence {
  readonly expected: 'down' | 'paused' | 'up';
  readonly broker: NamedBroker;
  readonly driver: FaultDriver;
  readonly metadata: FaultMetadata;
  /** Whether metadata listed it before: it never lists a controller, whose absence shows nothing. */
  readonly registered: boolean;
  /** Whether clients have lost their connections to the broker; absent where nobody counts them. */
  readonly connectionsDown?: ((broker: number) => boolean) | undefined;
}

/** What must be seen of a broker, or the fault may as well not have happened. */
export function brokerEvidence(options: BrokerEvidence): Evidence[] {
  const { expected, broker, driver, metadata, registered, connectionsDown } = options;
  const { name, id } = broker;
  const found: Evidence[] = [];
  const wanted = stateOf[expected];
  if (driver.state) {
    const stateIs = driver.state.bind(driver);
    found.push({ text: `${name} ${wanted}`, holds: async () => (await stateIs(name)) === wanted });
  }
  const listed = async (): Promise<boolean> => (await metadata.look()).brokers.includes(id);
  if (expected === 'up') {
    if (!registered) found.push({ text: `${name} registered`, holds: listed });
    return found;
  }
  if (registered) found.push({ text: `${name} gone from metadata`, holds: async () => !(await listed()) });
  if (connectionsDown) {
    found.push({
      text: `connections to ${name} down`,
      holds: () => Promise.resolve(connectionsDown(id)),
    });
  }
  return found;
}

const stateOf: Record<BrokerEvidence['expected'], BrokerState> = {
  down: 'stopped',
  paused: 'paused',
  up: 'running',
};
