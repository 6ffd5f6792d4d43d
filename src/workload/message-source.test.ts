import { describe, expect, it } from 'vitest';
import {
  checkEnvelope,
  emptyEnvelope,
  ENVELOPE_BYTES,
  ENVELOPE_HEADER,
  readEnvelope,
} from '../protocol/envelope.ts';
import { tombstonesOf } from './client-stream.ts';
import type { MessageSourceOptions, MessageSpec } from './message-source.ts';
import { MessageSource } from './message-source.ts';

const bytes: MessageSpec = {
  producerName: 'writer',
  key: { kind: 'uniform', count: 1000 },
  value: { kind: 'bytes', sizes: [{ size: 100, weight: 1 }], compressibility: 0.3 },
  envelope: 'prefix',
};
const json: MessageSpec = {
  producerName: 'writer',
  key: { kind: 'template', text: 'k${random:int:1:9}' },
  value: { kind: 'json', template: '{"id":"${uuid}","n":${seq},"at":"${now}"}' },
  headers: { source: '${producer}', trace: '${random:text:8}-${seq}' },
  envelope: 'header',
};
const options: MessageSourceOptions = {
  seed: 42,
  client: 0,
  run: 7,
  producerId: 3,
  incarnation: 1,
  wallClock: () => 0,
};

/** Copies of the first messages, as a broker would keep them. */
function messages(spec: MessageSpec, change: Partial<MessageSourceOptions> = {}, count = 50) {
  const source = new MessageSource(spec, { ...options, ...change });
  return Array.from({ length: count }, (_, i) => {
    source.next(i, i * 2, 1000 + i);
    const { key, value, headers } = source;
    return structuredClone({
      key: key && key.toString('latin1'),
      value: value?.toString('hex'),
      headers: headers?.map((header) =>
        Object.entries(header).map(([name, text]) => [name, text.toString('latin1')]),
      ),
    });
  });
}

describe('MessageSource', () => {
  it('puts an envelope before bytes that covers key and value', () => {
    const source = new MessageSource(bytes, options);
    const envelope = emptyEnvelope();
    for (let i = 0; i < 100; i++) {
      source.next(i, i * 3, 5000.5 + i);
      expect(source.value!.length).toBe(100);
      expect(source.headers).toBeUndefined();
      expect(checkEnvelope(source.value!, 0, source.key, source.value, ENVELOPE_BYTES)).toBe('ok');
      expect(readEnvelope(source.value!, 0, envelope)).toBe(true);
      expect(envelope).toEqual({
        flags: 0,
        hop: 0,
        run: 7,
        producer: 3,
        incarnation: 1,
        sequence: i,
        due: 5000.5 + i,
      });
    }
  });

  it.each(['prefix', 'header'] as const)(
    'knows the checksum of any bytes without reading them: %s',
    (envelope) => {
      const sizes = [32, 33, 47, 100, 287, 288, 290, 1024, 5001, 9_000_000].map((size) => ({
        size,
        weight: 1,
      }));
      for (const compressibility of [0, 0.3, 1]) {
        const value = { kind: 'bytes', sizes, compressibility } as const;
        const source = new MessageSource({ ...bytes, envelope, value }, options);
        const seen = new Set<number>();
        for (let i = 0; i < 60; i++) {
          source.next(i, i, 0.25 * i);
          const front = envelope === 'prefix' ? source.value! : source.headers!.at(-1)![ENVELOPE_HEADER]!;
          const covered = envelope === 'prefix' ? ENVELOPE_BYTES : 0;
          expect(checkEnvelope(front, 0, source.key, source.value, covered)).toBe('ok');
          seen.add(source.value!.length);
        }
        expect(seen.size).toBeGreaterThan(5);
      }
    },
  );

  it('leaves the value out of a share of messages, always the same ones, whose header covers their key', () => {
    const spec: MessageSpec = {
      ...bytes,
      key: { kind: 'uniform', count: 9 },
      envelope: 'header',
      tombstones: 0.2,
    };
    const source = new MessageSource(spec, options);
    const empty: number[] = [];
    for (let i = 0; i < 1000; i++) {
      source.next(i, i * 2, i);
      const front = source.headers!.at(-1)![ENVELOPE_HEADER]!;
      expect(checkEnvelope(front, 0, source.key, source.value, 0)).toBe('ok');
      if (source.value === null) empty.push(i);
    }
    expect(empty.length).toBeGreaterThan(150);
    expect(empty.length).toBeLessThan(250);
    const isTombstone = tombstonesOf(0.2, { ...options, producerName: spec.producerName });
    expect(Array.from({ length: 1000 }, (_, i) => i).filter(isTombstone)).toEqual(empty);
    expect(() => new MessageSource({ ...spec, envelope: 'prefix' }, options)).toThrow('prefix');
  });

  it('puts the envelope into a header where values stay what the user wrote', () => {
    const source = new MessageSource(json, options);
    for (let i = 0; i < 20; i++) {
      source.next(i, i * 3, 10);
      expect(JSON.parse(source.value!.toString())).toMatchObject({
        n: i * 3,
        at: '1970-01-01T00:00:00.000Z',
      });
      const [first, second, last] = source.headers!;
      expect(first!['source']!.toString()).toBe('writer');
      expect(second!['trace']!.toString()).toMatch(new RegExp(`^[\\w-]{8}-${i * 3}$`));
      expect(checkEnvelope(last![ENVELOPE_HEADER]!, 0, source.key, source.value, 0)).toBe('ok');
      expect(source.key!.toString()).toMatch(/^k[1-9]$/);
    }
  });

  it('can put it before JSON too, or nowhere', () => {
    const prefixed = new MessageSource({ ...json, envelope: 'prefix' }, options);
    prefixed.next(0, 9, 1);
    expect(checkEnvelope(prefixed.value!, 0, prefixed.key, prefixed.value, ENVELOPE_BYTES)).toBe('ok');
    expect(JSON.parse(prefixed.value!.toString('utf8', ENVELOPE_BYTES))).toMatchObject({ n: 9 });
    const bare = new MessageSource({ ...bytes, envelope: 'none' }, options);
    bare.next(0, 0, 1);
    expect([bare.value!.length, bare.headers]).toEqual([100, undefined]);
    expect(readEnvelope(bare.value!, 0, emptyEnvelope())).toBe(false);
  });

  it.each([
    ['bytes', bytes],
    ['json', json],
  ])('%s: the same seed gives the same bytes; seeds, clients and incarnations differ', (_, spec) => {
    const first = messages(spec);
    expect(messages(spec)).toEqual(first);
    expect(new Set(first.map(({ value }) => value)).size).toBe(first.length);
    const values = (change: Partial<MessageSourceOptions>) =>
      messages({ ...spec, envelope: 'none' }, change).map(({ value }) => value);
    const variants = [{}, { seed: 43 }, { client: 1 }, { incarnation: 2 }].map(values);
    expect(new Set(variants.flat()).size).toBe(4 * first.length);
    expect(values({ run: 8, producerId: 9 })).toEqual(variants[0]);
  });

  it('uses its buffers again', () => {
    const source = new MessageSource(bytes, options);
    source.next(0, 0, 0);
    const { value } = source;
    source.next(1, 1, 1);
    expect(source.value).toBe(value);
  });
});
