import type { TrialResult } from '../../results/schema.ts';
import { guaranteeOf } from '../../scenario/guarantee.ts';
import type { Scenario } from '../../scenario/schema.ts';
import type { SendCounts } from '../../protocol/report.ts';
import type { ClientReports } from '../../trial/workers/reports.ts';

/**
 * What is known about delivery without an audit: how each send ended. Nothing is claimed beyond that, so the
 * verdict is NONE: not checked. Warm-up messages count here: they were promised delivery too.
 */
export function deliveryResult(scenario: Scenario, clients: ClientReports): TrialResult['delivery'] {
  const sum = (field: keyof SendCounts): number =>
    clients.producers.reduce((total, { warmup, measured }) => total + warmup[field] + measured[field], 0);
  const counts = {
    attempted: sum('attempted'),
    acked: sum('acked'),
    sent: sum('sent'),
    rejected: sum('rejected'),
    indeterminate: sum('indeterminate'),
  };
  if (counts.attempted !== counts.acked + counts.sent + counts.rejected + counts.indeterminate) {
    throw new Error(`sends do not add up: ${JSON.stringify(counts)}`);
  }
  const stamped = scenario.producers.some((spec) => spec.envelope !== 'none');
  const groupOf = new Map(scenario.consumers.map((spec) => [spec.name, spec.group]));
  const groupNames = [...new Set(scenario.consumers.flatMap(({ group }) => group ?? []))];
  const corrupt = clients.consumers.reduce((total, report) => total + report.corrupt, 0);
  return {
    guarantee: guaranteeOf(scenario),
    order: 'none',
    audit: 'off',
    verdict: 'NONE',
    reasons: [whyNotAudited(scenario, stamped)],
    ...counts,
    present: null,
    compacted: null,
    lost: null,
    absent: null,
    sentUnaudited: null,
    unaudited: null,
    indeterminatePresent: null,
    anomalies: corrupt > 0 ? { corrupt } : {},
    // Where nobody stamps, nothing can be told apart.
    foreign: stamped ? clients.consumers.reduce((total, report) => total + report.foreign, 0) : 0,
    coverage: null,
    groups: groupNames.map((group) => ({
      name: group,
      expected: null,
      processed: clients.consumers
        .filter((report) => groupOf.get(report.name) === group)
        .reduce((total, report) => total + report.processed, 0),
      undelivered: null,
      deadLettered: 0,
      excused: 0,
    })),
    stages: [],
    witnesses: [],
    evidence: null,
  };
}

function whyNotAudited({ producers, verify }: Scenario, stamped: boolean): string {
  if (verify.audit === 'off') return 'audit off';
  if (producers.length === 0) return 'nothing is sent';
  return stamped ? 'the log was not audited' : 'envelope none';
}
