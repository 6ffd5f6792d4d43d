import { describe, expect, it } from 'vitest';
import type { ReceivedMessage } from '../../kafka/binding.ts';
import { headersOf, originOf } from './dead-letter-headers.ts';

const original: ReceivedMessage = {
  ...{ topic: 'payments', partition: 2, offset: 907, key: null, value: null, size: 0 },
  headers: [{ trace: Buffer.from([0, 255]) }],
};
const why = { group: 'booking', attempts: 3, error: 'no such account' };

describe('headers of a dead letter', () => {
  it('stand behind the original’s own, as Kafka names its own', () => {
    expect(headersOf(original, why)).toEqual([
      { trace: Buffer.from([0, 255]) },
      { '__dlq.errors.topic': 'payments' },
      { '__dlq.errors.partition': '2' },
      { '__dlq.errors.offset': '907' },
      { '__dlq.errors.group': 'booking' },
      { '__dlq.errors.delivery.count': '3' },
      { '__dlq.errors.message': 'no such account' },
    ]);
  });

  it('lead back to it', () => {
    expect(originOf({ headers: headersOf(original, why) })).toEqual({
      ...{ topic: 'payments', partition: 2, offset: 907, group: 'booking' },
    });
  });

  it('lead one that died again to where it died last', () => {
    const dead = { ...original, topic: 'dead', partition: 0, offset: 4, headers: headersOf(original, why) };
    expect(originOf({ headers: headersOf(dead, { ...why, group: 'undertaker' }) })).toEqual({
      ...{ topic: 'dead', partition: 0, offset: 4, group: 'undertaker' },
    });
  });

  it.each([
    ['nothing', undefined],
    ['other headers', [{ trace: 'x' }]],
    ['no offset', [{ '__dlq.errors.topic': 't' }, { '__dlq.errors.partition': '0' }]],
    [
      'a place that is none',
      [
        { '__dlq.errors.topic': 't' },
        { '__dlq.errors.partition': '-1' },
        { '__dlq.errors.offset': Buffer.from([0, 0, 0, 7]) },
      ],
    ],
  ])('are not found in %s', (_, headers) => {
    expect(originOf(headers === undefined ? {} : { headers })).toBeNull();
  });
});
