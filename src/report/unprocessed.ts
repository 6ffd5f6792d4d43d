import { formatNumber } from '../base/units.ts';
import type { ConsumerResult } from '../results/schema.ts';
import { plain, type Paint } from './paint.ts';

const shown = 3;

/** What consumers received and did not process: how many, and the first of them with why and where they are now. */
export function renderUnprocessed(consumers: readonly ConsumerResult[], paint: Paint = plain): string[] {
  return consumers.flatMap((consumer) => {
    const { name, failed, deadLettered, invalid, unprocessed = [] } = consumer;
    if (unprocessed.length === 0) return [];
    const isAside = deadLettered !== null && deadLettered !== undefined;
    const reasons = [
      ...(isAside && invalid !== null && invalid > 0 ? [`${formatNumber(invalid)} invalid`] : []),
      ...(failed ? [`${formatNumber(failed)} failed`] : []),
    ].join(', ');
    const became = isAside
      ? `${formatNumber(deadLettered)} dead-lettered`
      : paint.bad('skipped: there is no dead-letter topic');
    return [
      `${name}: ${reasons}; ${became}`,
      ...unprocessed.slice(0, shown).map((each) => `  ${line(each)}`),
    ];
  });
}

type Unprocessed = NonNullable<ConsumerResult['unprocessed']>[number];

/** `payments/0@16: no such account, 3 attempts, now payments-dead/0@2` */
function line({ error, attempts, deadLetter, ...original }: Unprocessed): string {
  const tried = attempts === 1 ? '' : `, ${attempts} attempts`;
  return `${placeText(original)}: ${error}${tried}${deadLetter ? `, now ${placeText(deadLetter)}` : ''}`;
}

function placeText({
  topic,
  partition,
  offset,
}: Omit<Unprocessed, 'error' | 'attempts' | 'deadLetter'>): string {
  return `${topic}/${partition}@${offset}`;
}
