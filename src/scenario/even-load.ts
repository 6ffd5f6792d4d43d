import type { Scenario } from './schema.ts';

/** The producer, if any, whose load changes by itself: by its rate, or because clients of it are stopped. */
export function changingProducer({
  producers,
}: Pick<Scenario, 'producers'>): Scenario['producers'][number] | undefined {
  return producers.find(({ rate, stop }) => {
    const isEven = rate === 'max' || rate.kind === 'constant';
    return !isEven || (stop ?? []).length > 0;
  });
}
