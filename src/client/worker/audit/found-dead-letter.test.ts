import { describe, expect, it } from 'vitest';
import type { HeaderList } from '../../kafka/binding.ts';
import { ENVELOPE_BYTES, ENVELOPE_HEADER, EnvelopeWriter } from '../../../protocol/envelope.ts';
import { codes, recordKinds } from '../../../protocol/evidence/record.ts';
import { headersOf } from '../consumer/dead-letter-headers.ts';
import { EnvelopeReader } from '../envelope-reader.ts';
import { foundDeadLetter } from './found-dead-letter.ts';

const run = 77;
const names = { run, topics: ['other', 'payments'], groups: new Map([['booking-1', 4]]) };
const key = Buffer.from('key');
const value = Buffer.from('{"id": 1}');

function original(by = run): { topic: string; headers: HeaderList } {
  const envelope = Buffer.alloc(ENVELOPE_BYTES);
  new EnvelopeWriter({ run: by, producer: 3, incarnation: 1 }).stamp(envelope, 0, 12, 0, key, value, 0);
  return { topic: 'payments', headers: [{ [ENVELOPE_HEADER]: envelope }] };
}

function found(
  { topic, headers }: { topic: string; headers: HeaderList },
  more: { group?: string; value?: Buffer; bare?: boolean } = {},
) {
  const message = { topic, partition: 2, offset: 907, key, value, size: 1, headers };
  const why = { group: more.group ?? 'booking-1', attempts: 1, error: '' };
  const dead = {
    ...{ topic: 'dead', partition: 5, offset: 40, key, value: more.value ?? value, size: 1 },
    headers: more.bare ? headers : headersOf(message, why),
  };
  return foundDeadLetter(dead, 6, new EnvelopeReader(run), names);
}

describe('foundDeadLetter', () => {
  it('says who it is, where it comes from and where it was found', () => {
    expect(found(original())).toMatchObject({
      ...{ kind: recordKinds.deadLetter, code: codes.deadLetter.ok },
      ...{ client: 3, part: 1, sequence: 12, topic: 1, partition: 2, offset: 907, value: 4 },
      ...{ stride: 6, count: 5, time: 40 },
    });
  });

  it('sees that key or value are not the original’s', () => {
    expect(found(original(), { value: Buffer.from('{"id": 2}') })?.code).toBe(codes.deadLetter.corrupt);
  });

  it('knows a group by its id, and names none that it does not know', () => {
    expect(found(original(), { group: 'somebody' })?.value).toBe(-1);
  });

  it('tells of one without a place, which is the only group’s', () => {
    expect(found(original(), { bare: true })).toMatchObject({ partition: -1, offset: -1, value: 4 });
  });

  it.each([
    ['of another run', original(run + 1)],
    ['of another program', { topic: 'payments', headers: [] }],
    ['of a topic that is not audited', { ...original(), topic: 'dead' }],
  ])('says nothing of one %s', (_, each) => {
    expect(found(each)).toBeNull();
  });
});
