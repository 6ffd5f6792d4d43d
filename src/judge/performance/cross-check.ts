import type { DeliveryResult } from '../../results/schema.ts';
import type { Scenario } from '../../scenario/schema.ts';
import type { SendCounts, WorkerReport } from '../../protocol/report.ts';

const fields = ['attempted', 'acked', 'sent', 'rejected', 'indeterminate'] as const;

/**
 * Producers count their sends, and write each one down: two roads to the same sums. Where they differ, the evidence
 * cannot be trusted, and the verdict rests on it.
 *
 * @param complete every producer has reported; one that was killed has counts of its last heartbeat only
 */
export function crossChecked(
  delivery: DeliveryResult,
  scenario: Scenario,
  reports: readonly WorkerReport[],
  complete: boolean,
): DeliveryResult {
  if (!complete) return delivery;
  const stamped = new Set(
    scenario.producers.filter(({ envelope }) => envelope !== 'none').map(({ name }) => name),
  );
  const counts: SendCounts[] = reports
    .flatMap(({ clients }) => clients)
    .flatMap((client) =>
      client.side === 'producer' && stamped.has(client.name) ? [client.warmup, client.measured] : [],
    );
  const differing = fields.flatMap((field) => {
    const counted = counts.reduce((sum, each) => sum + each[field], 0);
    return counted === delivery[field] ? [] : [`${field} ${counted}, and wrote down ${delivery[field]}`];
  });
  if (differing.length === 0) return delivery;
  const reason = `producers counted ${differing.join('; ')}`;
  const verdict = delivery.verdict === 'FAIL' ? 'FAIL' : 'UNKNOWN';
  return { ...delivery, verdict, reasons: [...delivery.reasons, reason] };
}
