import { expect, test } from 'vitest';
import { codes, emptyRecord, recordKinds } from '../../src/protocol/evidence/record.ts';
import { messagesOf } from './run-log.ts';

const record = {
  ...emptyRecord(),
  kind: recordKinds.sends,
  code: codes.sends.confirmed,
  partition: 2,
  sequence: 10,
  offset: 100,
};

test('a stride', () => {
  expect(messagesOf({ ...record, count: 3, stride: 4 })).toEqual([
    { message: '0.0#10', partition: '0/2', offset: 100 },
    { message: '0.0#14', partition: '0/2', offset: 101 },
    { message: '0.0#18', partition: '0/2', offset: 102 },
  ]);
});

test('a mask', () => {
  expect(messagesOf({ ...record, count: 0b1001, stride: 0, client: 1 })).toEqual([
    { message: '1.0#10', partition: '0/2', offset: 100 },
    { message: '1.0#13', partition: '0/2', offset: 101 },
  ]);
});
