import { outcomeRules } from './outcome-rules.ts';
import { measurementRules } from './validity-rules.ts';
import type { ValidityInput, ValidityReason } from './validity-input.ts';

const rules = [...measurementRules, ...outcomeRules];

export interface Validity {
  /** No reason is `invalid`. */
  readonly ok: boolean;
  readonly reasons: readonly ValidityReason[];
}

/** Holds a trial against every rule, in the order of its table. */
export function judge(input: ValidityInput): Validity {
  const reasons = rules.flatMap((rule) => rule(input));
  return { ok: reasons.every(({ severity }) => severity !== 'invalid'), reasons };
}

/** Whether a reason speaks about a metric as gates name it: `writer.ack.p99`, `ack.p99@during`. */
export function touches(reason: Pick<ValidityReason, 'metrics'>, metric: string): boolean {
  if (reason.metrics.length === 0) return true;
  return reason.metrics.some(
    (name) => metric === name || metric.startsWith(`${name}.`) || metric.startsWith(`${name}@`),
  );
}

/** The reason why a gate must not judge a metric, if there is one. */
export function invalidating(validity: Validity, metric: string): ValidityReason | undefined {
  return validity.reasons.find((reason) => reason.severity === 'invalid' && touches(reason, metric));
}
