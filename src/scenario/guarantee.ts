import { acksOf } from './acks.ts';
import type { Guarantee, ScenarioOutput } from './schema.ts';

/** What the scenario promises: as `expect.delivery` says, else what its acks can keep. */
export function guaranteeOf({
  delivery,
  producers,
}: Pick<ScenarioOutput, 'delivery' | 'producers'>): Guarantee {
  const acksNone = producers.some(({ client }) => acksOf(client) === 0);
  return delivery ?? (acksNone ? 'at-most-once' : 'at-least-once');
}
