import { seededRandom } from '../base/random.ts';
import type { RunOutcome } from './run.ts';

/** One of the two sides that are compared: it runs a trial in its place. */
export type RunPlaced = (place: { readonly block: number; readonly order: number }) => Promise<RunOutcome>;

export interface Interleaving {
  readonly blocks: number;
  /** The order within each block is drawn from it. */
  readonly seed: number;
  readonly stop?: AbortSignal | undefined;
  readonly tell: (line: string) => void;
}

/**
 * One trial of each side in every block, in random order, so that what drifts (caches, neighbours, a clock's
 * frequency) does not fall on one side alone. A trial that does not complete ends it; its block has no partner then.
 * @returns the number of whole blocks
 */
export async function interleave(
  base: RunPlaced,
  candidate: RunPlaced,
  { blocks, seed, stop, tell }: Interleaving,
): Promise<number> {
  const random = seededRandom(seed, 'blocks');
  for (let block = 0; block < blocks; block++) {
    const sides = [
      { name: 'base', run: base },
      { name: 'candidate', run: candidate },
    ];
    if (random.below(2) === 1) sides.reverse();
    for (const [order, { name, run }] of sides.entries()) {
      if (stop?.aborted) return block;
      tell(`block ${block + 1} of ${blocks}: ${name}`);
      const { result } = await run({ block, order });
      if (result.outcome.state !== 'completed') return block;
    }
  }
  return blocks;
}
