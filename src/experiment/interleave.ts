import { seededRandom, type Random } from '../base/random.ts';
import type { RunOutcome } from '../trial/trial.ts';

/** One of the sides that are compared. */
export interface InterleavedSide {
  readonly name: string;
  /** Runs a trial in its place. */
  run(place: { readonly block: number; readonly order: number }): Promise<RunOutcome>;
}

export interface Interleaving {
  readonly blocks: number;
  /** The order within each block is drawn from it. */
  readonly seed: number;
  readonly stop?: AbortSignal | undefined;
  readonly tell: (line: string) => void;
}

/**
 * One trial of each side in every block, in random order, so that what drifts (caches, neighbours, a clock's
 * frequency) does not fall on one side alone. A trial that does not complete, or whose result cannot be written, ends
 * it; its block has no partner then.
 * @returns the number of whole blocks
 */
export async function interleave(
  sides: readonly InterleavedSide[],
  { blocks, seed, stop, tell }: Interleaving,
): Promise<number> {
  const random = seededRandom(seed, 'blocks');
  for (let block = 0; block < blocks; block++) {
    for (const [order, side] of shuffled(sides, random).entries()) {
      if (stop?.aborted) return block;
      tell(`block ${block + 1} of ${blocks}: ${side.name}`);
      const { result, unwritten } = await side.run({ block, order });
      if (unwritten) tell(unwritten.message);
      if (unwritten || result.outcome.state !== 'completed') return block;
    }
  }
  return blocks;
}

/** Fisher and Yates: every order is equally likely. */
function shuffled<T>(items: readonly T[], random: Random): T[] {
  const list = [...items];
  for (let i = list.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [list[i], list[j]] = [list[j]!, list[i]!];
  }
  return list;
}
