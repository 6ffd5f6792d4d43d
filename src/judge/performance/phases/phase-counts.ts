import type { TrialResult } from '../../../results/schema.ts';
import type { KeptSecond } from '../intervals.ts';

type Phase = TrialResult['phases'][number];
type PhaseErrors = NonNullable<Phase['errors']>;
export type DeliverySeconds = NonNullable<TrialResult['delivery']['seconds']>;

/** Added up by code and by who met them, the most first. */
export function addErrors(errors: PhaseErrors): PhaseErrors {
  const sums = new Map<string, PhaseErrors[number]>();
  for (const { code, scope, count } of errors) {
    const key = `${scope} ${code}`;
    sums.set(key, { code, scope, count: (sums.get(key)?.count ?? 0) + count });
  }
  return [...sums.values()].sort((a, b) => b.count - a.count);
}

/** Errors observed in these seconds. */
export function errorsOf(seconds: readonly KeptSecond[]): PhaseErrors {
  return addErrors(
    seconds.flatMap(({ name, errors = {} }) =>
      Object.entries(errors).map(([code, count]) => ({ code, scope: name, count })),
    ),
  );
}

/**
 * Duplicates and redeliveries of the seconds from `from` on and before `to`, so that parts that follow on each other
 * count each one once. Null where the log was not audited, or where it is not known of each when it was.
 */
export function deliveryCounts(
  from: number,
  to: number,
  seconds: DeliverySeconds | null,
): Pick<Phase, 'duplicates' | 'redelivered'> {
  const count = (name: keyof DeliverySeconds): number | null =>
    seconds === null || seconds[name].some(({ second }) => second === null)
      ? null
      : seconds[name].reduce(
          (sum, { second, count }) => (second! >= from && second! < to ? sum + count : sum),
          0,
        );
  return { duplicates: count('duplicates'), redelivered: count('redelivered') };
}
