import { exitCodes, type ExitCode } from '../base/exit-codes.ts';
import { gaveUpCodes } from '../judge/gates/outcome-rules.ts';
import { formatMetric } from '../report/metric-text.ts';
import type { RunResult } from '../results/schema.ts';
import { withPromise, worstDelivery } from '../judge/gates/worst-delivery.ts';
import type { Guarantee } from '../scenario/schema.ts';
import { exitCodeOfDelivery } from './delivery-code.ts';

/** What a run ends with, and the first thing that speaks for it. */
export interface RunVerdict {
  readonly code: ExitCode;
  readonly reason: string;
}

/**
 * The worst of: a run that failed, a promise or gate that was broken, one that could not be judged.
 *
 * @param promised what `expect.delivery` says; undefined where the scenario leaves it to its acks
 */
export function verdictOf(result: RunResult, promised?: Guarantee): RunVerdict {
  const { outcome, expectations, trials } = result;
  if (outcome.state !== 'completed')
    return { code: exitCodes.failed, reason: `${outcome.state} during ${outcome.phase}: ${outcome.reason}` };
  const deliveries = trials.map(({ delivery }) => delivery);
  const delivered = exitCodeOfDelivery(deliveries);
  const broken = gatesText(result, false);
  if (delivered === exitCodes.gateFailed || broken !== null) {
    const reasons = [...(delivered === exitCodes.gateFailed ? [deliveryText(result)] : []), broken ?? []];
    return { code: exitCodes.gateFailed, reason: reasons.flat().join('; ') };
  }
  const gaveUp = trials.flatMap(({ validity }) =>
    validity.reasons.filter(({ code }) => gaveUpCodes.includes(code)).map(({ message }) => message),
  );
  const unjudged = gatesText(result, null);
  if (delivered !== undefined || unjudged !== null || gaveUp.length > 0) {
    const reasons = [...(delivered === undefined ? [] : [deliveryText(result)]), unjudged ?? [], ...gaveUp];
    return { code: exitCodes.invalid, reason: reasons.flat().join('; ') };
  }
  // Without an audit a promise is not kept, and not broken: that matters where the scenario made it.
  const unlooked = deliveries.some(({ guarantee, verdict }) => guarantee !== 'none' && verdict === 'NONE');
  if (unlooked && promised !== undefined)
    return { code: exitCodes.invalid, reason: `delivery was to be ${promised}, and was not checked` };
  const gates =
    expectations.length === 0 ? 'no gates' : `${expectations.length} of ${expectations.length} gates hold`;
  return { code: exitCodes.ok, reason: `${gates}, delivery ${unlooked ? 'not checked' : summaryOf(result)}` };
}

/** The last line of `run`. */
export function verdictLine({ code, reason }: RunVerdict): string {
  return `${code === exitCodes.ok ? 'PASSED' : 'FAILED'}  exit code ${code}: ${reason}`;
}

function gatesText({ expectations }: RunResult, ok: boolean | null): string | null {
  const [first, ...more] = expectations.filter((each) => each.ok === ok);
  if (!first) return null;
  const { metric, bound, value, reason } = first;
  const measured = value === null ? (reason ?? 'not measured') : formatMetric(metric, value);
  const others = more.length === 0 ? '' : `, and ${more.length} more`;
  return `expect ${metric} ${bound} ${ok === false ? 'failed' : 'could not be judged'} (${measured})${others}`;
}

function deliveryText({ trials }: RunResult): string {
  const worst = worstDelivery(withPromise(trials))?.delivery;
  if (!worst) return 'delivery not as promised';
  return [`delivery ${worst.verdict}`, ...worst.reasons.slice(0, 1)].join(': ');
}

const summaryOf = ({ trials }: RunResult): string =>
  trials.every(({ delivery }) => delivery.guarantee === 'none') ? 'not promised' : 'as promised';
