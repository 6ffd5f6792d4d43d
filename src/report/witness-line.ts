import { formatNumber } from '../base/units.ts';
import type { DeliveryResult } from '../results/schema.ts';

type Witness = DeliveryResult['witnesses'][number];
type Place = NonNullable<Witness['place']>;

/** One instance of an anomaly as one line: `producer 0.0 #4711 at orders/2@907, acked at orders/2@900: note`. */
export function witnessLine(witness: Witness): string {
  const { place, acked, previous, note } = witness;
  const parts = [
    [message(witness), place ? `at ${placeText(place)}${more(witness)}` : ''].filter(Boolean).join(' '),
    acked ? (place && isSame(place, acked) ? 'as acked' : `acked at ${placeText(acked)}`) : '',
    reader(witness),
    // A note tells of it in words.
    previous === undefined || note !== undefined ? '' : `after ${previous}`,
  ];
  return [parts.filter(Boolean).join(', '), note ?? ''].filter(Boolean).join(': ');
}

/** Numbers, as in the envelope and in the evidence: a witness knows no names of producers. */
function message({ producer, incarnation = 0, sequence }: Witness): string {
  if (producer === undefined) return '';
  return `producer ${producer}.${incarnation}${sequence === undefined ? '' : ` #${sequence}`}`;
}

function more({ count = 1 }: Witness): string {
  return count > 1 ? ` and ${formatNumber(count - 1)} more` : '';
}

function reader({ group, member }: Witness): string {
  return [
    member === undefined ? '' : `member ${member}`,
    group === undefined ? '' : `${member === undefined ? '' : 'of '}group ${group}`,
  ]
    .filter(Boolean)
    .join(' ');
}

function placeText({ topic, partition, offset }: Place): string {
  return `${topic}/${partition}@${offset < 0 ? '?' : offset}`;
}

function isSame(one: Place, other: Place): boolean {
  return one.topic === other.topic && one.partition === other.partition && one.offset === other.offset;
}
