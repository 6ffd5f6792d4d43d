import { formatNumber } from '../base/units.ts';
import type { DeliveryResult } from '../results/schema.ts';
import { plain, type Paint } from './paint.ts';
import { witnessLine } from './witness-line.ts';

const columns = 80;
const indent = '  ';
const witnessesShown = 3;

/**
 * Whether every message arrived: the verdict, the sums that it rests on, what was found, and where to look. Lines of
 * at most 80 columns but for reasons, witnesses and names.
 */
export function renderDelivery(delivery: DeliveryResult, paint: Paint = plain): string[] {
  const { coverage, rejected, indeterminate } = delivery;
  const judged = coverage !== null || delivery.verdict !== 'NONE';
  return [
    headline(delivery, paint),
    ...[
      ...(judged || rejected + indeterminate > 0 ? sends(delivery, paint) : []),
      ...(judged ? [...inTheLog(delivery, paint), ...audited(delivery), ...groups(delivery, paint)] : []),
      ...(!judged && delivery.foreign > 0
        ? [paint.warn(`${formatNumber(delivery.foreign)} received that are not of this run`)]
        : []),
      ...findings(delivery, paint),
      ...evidence(delivery, paint),
    ].map((line) => `${indent}${line}`),
  ];
}

function headline({ verdict, guarantee, order, coverage, reasons }: DeliveryResult, paint: Paint): string {
  if (verdict === 'NONE') {
    const why = reasons.length === 0 ? '' : `: ${reasons.join('; ')}`;
    const text = coverage === null ? `not checked${why}` : 'counted, not judged: expect.delivery is none';
    return paint.dim(`delivery  ${text}`);
  }
  const inOrder = order === 'none' ? '' : `, in order by ${order}`;
  return `delivery  ${paint[colourOf(verdict)](verdict)}  ${guarantee}${inOrder}`;
}

function colourOf(verdict: DeliveryResult['verdict']): 'good' | 'bad' | 'warn' {
  if (verdict === 'PASS') return 'good';
  return verdict === 'FAIL' || verdict === 'HANG' ? 'bad' : 'warn';
}

/** A number in a sum; `bad` is how it is painted where it is not zero. */
interface Term {
  readonly count: number;
  readonly name: string;
  readonly bad?: 'bad' | 'warn';
}

function sends(delivery: DeliveryResult, paint: Paint): string[] {
  const { attempted, acked, sent, rejected, indeterminate, indeterminatePresent } = delivery;
  if (attempted === 0) return [];
  const met = indeterminatePresent === null ? '' : ` (${formatNumber(indeterminatePresent)} in the log)`;
  return sum(attempted, 'attempted', paint, [
    ...(acked > 0 || sent === 0 ? [{ count: acked, name: 'acked' }] : []),
    ...nonZero({ count: sent, name: 'sent' }),
    ...nonZero({ count: rejected, name: 'rejected', bad: 'bad' }),
    ...nonZero({ count: indeterminate, name: `indeterminate${met}`, bad: 'bad' }),
  ]);
}

/** `present` is the sum over acked and sent: each line shows its own part. */
function inTheLog(delivery: DeliveryResult, paint: Paint): string[] {
  const { acked, sent, lost, absent, unaudited, coverage } = delivery;
  const compacted = delivery.compacted ?? 0;
  const sentUnaudited = delivery.sentUnaudited ?? 0;
  if (lost === null || absent === null || unaudited === null) return [];
  const ofAcked = sum(acked, 'acked', paint, [
    { count: acked - compacted - lost - unaudited, name: 'present' },
    ...nonZero({ count: compacted, name: 'compacted' }),
    { count: lost, name: 'lost', bad: 'bad' },
    ...nonZero({ count: unaudited, name: 'unaudited', ...(coverage?.tail ? {} : { bad: 'warn' }) }),
  ]);
  const ofSent = sum(sent, 'sent', paint, [
    { count: sent - absent - sentUnaudited, name: 'present' },
    { count: absent, name: 'absent', bad: 'warn' },
    ...nonZero({ count: sentUnaudited, name: 'unaudited', ...(coverage?.tail ? {} : { bad: 'warn' }) }),
  ]);
  return [...(acked > 0 ? ofAcked : []), ...(sent > 0 ? ofSent : [])];
}

const nonZero = (term: Term): Term[] => (term.count === 0 ? [] : [term]);

/** `10 attempted = 9 acked + 1 indeterminate`, continued in a further line where it gets too long. */
function sum(whole: number, name: string, paint: Paint, terms: readonly Term[]): string[] {
  const lines: string[] = [];
  let line = `${formatNumber(whole)} ${name}`;
  let width = line.length;
  for (const [i, { count, name: what, bad }] of terms.entries()) {
    const sign = i === 0 ? ' = ' : ' + ';
    const text = `${formatNumber(count)} ${what}`;
    if (indent.length + width + sign.length + text.length > columns) {
      lines.push(line);
      line = indent;
      width = indent.length - 1;
    }
    line += `${line === indent ? sign.slice(1) : sign}${bad && count > 0 ? paint[bad](text) : text}`;
    width += sign.length + text.length;
  }
  return [...lines, line];
}

function audited({ coverage, acked, foreign }: DeliveryResult): string[] {
  if (coverage === null) return ['the log was not audited'];
  const { partitions, partitionsRead, records, tail } = coverage;
  const parts = [
    `audited ${tail ? 'the tails of ' : ''}${partitionsRead} of ${partitions} partition${partitions === 1 ? '' : 's'}`,
    `${formatNumber(records)} records`,
    ...(foreign === 0 ? [] : [`${formatNumber(foreign)} of them not of this run`]),
  ];
  const line = parts.join(', ');
  const fits = indent.length + line.length <= columns;
  const lines = fits ? [line] : [parts.slice(0, -1).join(', '), `${indent}${parts.at(-1)!}`];
  return tail && acked > 0
    ? [...lines, `${indent}${percent(coverage.acked / acked)} of what was acked`]
    : lines;
}

/** Never 0 % or 100 % of what is only nearly so. */
function percent(share: number): string {
  if (share === 0 || share === 1) return `${share * 100} %`;
  return `${Math.min(99.9, Math.max(0.1, share * 100)).toFixed(1)} %`;
}

function groups({ groups }: DeliveryResult, paint: Paint): string[] {
  return groups.map(({ name, expected, processed, undelivered, deadLettered, excused }) => {
    const of = expected === null ? '' : ` of ${formatNumber(expected)}`;
    const rest = [
      ...(undelivered === null || undelivered === 0
        ? []
        : [paint.bad(`${formatNumber(undelivered)} undelivered`)]),
      ...(deadLettered === 0 ? [] : [`${formatNumber(deadLettered)} dead-lettered`]),
      ...(excused === 0 ? [] : [`${formatNumber(excused)} excused`]),
    ];
    return [`group ${name}: ${formatNumber(processed)}${of} processed`, ...rest].join(', ');
  });
}

/** What decided the verdict, the worst first, then what the guarantee allows; each with its first witnesses. */
function findings(delivery: DeliveryResult, paint: Paint): string[] {
  const { verdict, coverage, reasons, anomalies, witnesses } = delivery;
  const colour = (text: string): string => paint[colourOf(verdict)](text);
  // Without an audit the headline has said why.
  const decided = (verdict === 'NONE' && coverage === null ? [] : reasons).flatMap((reason) => {
    // An anomaly is named as `kind: count`; anything else is a sentence.
    const [, kind, count] = /^([a-z-]+): (\d+)$/.exec(reason) ?? [];
    if (kind === undefined) return [colour(reason)];
    return [colour(`${formatNumber(Number(count))} ${kind}`), ...shown(kind, witnesses)];
  });
  const others = Object.entries(anomalies).filter(([kind, count]) => !reasons.includes(`${kind}: ${count}`));
  const allowed = others.flatMap(([kind, count]) => [
    verdict === 'NONE'
      ? paint.bad(`${formatNumber(count)} ${kind}`)
      : paint.dim(`${formatNumber(count)} ${kind}, allowed`),
    ...shown(kind, witnesses),
  ]);
  return [...decided, ...allowed];
}

function shown(kind: string, witnesses: DeliveryResult['witnesses']): string[] {
  return witnesses
    .filter((witness) => witness.kind === kind)
    .slice(0, witnessesShown)
    .map((witness) => `${indent}${witnessLine(witness)}`);
}

function evidence({ evidence, verdict }: DeliveryResult, paint: Paint): string[] {
  if (evidence === null) return [];
  const again = verdict === 'PASS' ? [] : ['judged again by: kafka-bench verify replay FILE'];
  return [`evidence in ${evidence}`, ...again].map((line) => paint.dim(line));
}
