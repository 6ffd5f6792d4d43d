import { describe, expect, it } from 'vitest';
import type { ReceivedMessage } from '../kafka/binding.ts';
import { ENVELOPE_BYTES, ENVELOPE_HEADER, EnvelopeWriter } from '../../protocol/envelope.ts';
import { EnvelopeReader } from './envelope-reader.ts';

const run = 0xfeed_beef;
const due = 123_456_789.25;
const key = Buffer.from('key');
const content = Buffer.from('{"str":"result1"}');

function received(more: Partial<ReceivedMessage>): ReceivedMessage {
  return { topic: 't', partition: 0, offset: 0, key: null, value: null, size: 0, ...more };
}

function prefixed(origin = run): ReceivedMessage {
  const value = Buffer.concat([Buffer.alloc(ENVELOPE_BYTES), content]);
  new EnvelopeWriter({ run: origin, producer: 3, incarnation: 0 }).stamp(
    value,
    0,
    7,
    due,
    key,
    value,
    ENVELOPE_BYTES,
  );
  return received({ key, value });
}

function inHeader(origin = run): ReceivedMessage {
  const header = Buffer.alloc(ENVELOPE_BYTES);
  new EnvelopeWriter({ run: origin, producer: 3, incarnation: 0 }).stamp(header, 0, 7, due, key, content, 0);
  return received({
    key,
    value: content,
    headers: [{ trace: Buffer.from('abc') }, { [ENVELOPE_HEADER]: header }],
  });
}

describe('EnvelopeReader', () => {
  it.each([
    ['before the value', prefixed(), ENVELOPE_BYTES],
    ['in a header', inHeader(), 0],
  ])('finds this run’s envelope %s', (_, message, prefixBytes) => {
    const reader = new EnvelopeReader(run);
    expect(reader.read(message)).toBe('ok');
    expect(reader.due).toBe(due);
    expect(reader.prefixBytes).toBe(prefixBytes);
    expect([reader.foreign, reader.corrupt]).toEqual([0, 0]);
  });

  it('reads a header that the binding gave as text', () => {
    const message = inHeader();
    const headers = message.headers!.map((header) =>
      Object.fromEntries(Object.entries(header).map(([name, value]) => [name, value.toString('latin1')])),
    );
    expect(new EnvelopeReader(run).read({ ...message, headers })).toBe('ok');
  });

  it.each([
    ['of another run, before the value', prefixed(1)],
    ['of another run, in a header', inHeader(1)],
    ['of another program', received({ value: content })],
    [
      'of another program, with headers',
      received({ value: content, headers: [{ trace: Buffer.from('abc') }] }),
    ],
    ['without a value', received({})],
    ['shorter than an envelope', received({ value: prefixed().value!.subarray(0, ENVELOPE_BYTES - 1) })],
  ])('counts a message %s as foreign', (_, message) => {
    const reader = new EnvelopeReader(run);
    expect(reader.read(message)).toBe('foreign');
    expect([reader.foreign, reader.corrupt, reader.prefixBytes]).toEqual([1, 0, 0]);
  });

  const changed = (message: ReceivedMessage, change: (copy: ReceivedMessage & { value: Buffer }) => void) => {
    const copy = { ...message, key: Buffer.from(message.key!), value: Buffer.from(message.value!) };
    change(copy);
    return copy;
  };
  it.each([
    ['a bit of the value', changed(prefixed(), ({ value }) => (value[40]! ^= 1))],
    ['a bit of the sequence', changed(prefixed(), ({ value }) => (value[12]! ^= 1))],
    ['a bit of the value beside a header', changed(inHeader(), ({ value }) => (value[0]! ^= 1))],
    ['the key', { ...prefixed(), key: Buffer.from('kex') }],
    ['the key, which is gone', { ...inHeader(), key: null }],
    ['the end of the value', { ...prefixed(), value: prefixed().value!.subarray(0, -1) }],
  ])('counts an envelope as corrupt when %s changed', (_, message) => {
    const reader = new EnvelopeReader(run);
    expect(reader.read(message)).toBe('corrupt');
    expect([reader.foreign, reader.corrupt]).toEqual([0, 1]);
  });

  it('counts over many messages', () => {
    const reader = new EnvelopeReader(run);
    const read = [
      prefixed(),
      prefixed(1),
      inHeader(),
      received({}),
      changed(prefixed(), ({ value }) => (value[33]! ^= 4)),
    ];
    expect(read.map((message) => reader.read(message))).toEqual([
      'ok',
      'foreign',
      'ok',
      'foreign',
      'corrupt',
    ]);
    expect([reader.foreign, reader.corrupt]).toEqual([2, 1]);
  });
});
