import { DrawnShare } from '../base/drawn-share.ts';
import { seededRandom } from '../base/random.ts';
import { createKeys, type Keys, type KeySpec } from './keys.ts';
import type { TemplateContext } from './templates.ts';

/** One client of a producer group, as its random streams are named. */
export interface ClientIdentity {
  readonly seed: number;
  readonly producerName: string;
  /** Its index in the group. */
  readonly client: number;
  /** 0, and one more for each restart. */
  readonly incarnation: number;
}

/** What templates of one use (keys, values, a header) draw from. */
export function streamOf(
  { seed, producerName, client, incarnation }: ClientIdentity,
  use: string,
  wallClock: () => number,
): TemplateContext {
  return {
    random: seededRandom(seed, `${producerName}/${client}/${incarnation}/${use}`),
    producer: producerName,
    wallClock,
  };
}

/** The keys of a client's messages in the order of their sequences: the same whenever they are made again. */
export function keysOf(spec: KeySpec, identity: ClientIdentity, wallClock: () => number): Keys {
  return createKeys(spec, streamOf(identity, 'key', wallClock));
}

/** False for keys with a time or a random identity in them, of which nothing is told afterwards. */
export function canBeToldAgain(spec: KeySpec): boolean {
  return spec.kind !== 'template' || !/\$\{(now|uuid)\}/.test(spec.text);
}

/** Which of a client's messages have no value. */
export function tombstonesOf(
  share: number,
  { seed, producerName, client, incarnation }: ClientIdentity,
): (sequence: number) => boolean {
  const drawn = new DrawnShare(share, seed, `tombstones ${producerName}`);
  return (sequence) => drawn.hits([client, incarnation, sequence]);
}
