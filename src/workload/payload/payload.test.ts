import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import type { BytesSpec } from './bytes.ts';
import { BytesPayload } from './bytes.ts';
import { jsonPayload, jsonTemplate } from './json.ts';
import { randomPool } from './random-pool.ts';

const pool = randomPool(1);

function bytes(spec: Partial<BytesSpec> & { size?: number }, room = 0, words = pool) {
  const { size = 100, compressibility = 0, sizes = [{ size, weight: 1 }] } = spec;
  return new BytesPayload({ kind: 'bytes', sizes, compressibility }, room, words, seededRandom(2, 'bytes'));
}

describe('BytesPayload', () => {
  it.each([
    [100, 0],
    [100, 0.5],
    [100, 0.9],
    [1024, 0],
    [1024, 0.3],
    [1024, 0.75],
    [100_000, 0.5],
    [37, 0.5],
  ])('of %d bytes compresses by the share asked for: %d', (size, compressibility) => {
    const payload = bytes({ size, compressibility });
    const batch = Buffer.concat(
      Array.from({ length: Math.ceil(1e6 / size) }, () => Buffer.from(payload.next())),
    );
    const left = deflateSync(batch).length / batch.length;
    // Deflate needs two or three bytes a message to say where the compressible run is.
    expect(left).toBeGreaterThan(1 - compressibility - 0.02);
    expect(left).toBeLessThan(1 - compressibility + 0.02 + 2.5 / size);
  });

  it('all compressible leaves next to nothing', () => {
    const payload = bytes({ size: 1000, compressibility: 1 });
    const batch = Buffer.concat(Array.from({ length: 100 }, () => Buffer.from(payload.next())));
    expect(deflateSync(batch).length).toBeLessThan(1000);
  });

  it('leaves the room in front alone and keeps to the size', () => {
    const payload = bytes({ size: 71 }, 32);
    const first = payload.next();
    first.fill(0xee, 0, 32);
    const seen = Buffer.from(first);
    const second = payload.next();
    expect(second.length).toBe(71);
    expect(second.subarray(0, 32)).toEqual(Buffer.alloc(32, 0xee));
    expect(second.subarray(32)).not.toEqual(seen.subarray(32));
    expect(bytes({ size: 32 }, 32).next().length).toBe(32);
  });

  it('goes round a pool that ends, in the middle of a message or between two', () => {
    for (const size of [0, 1, 3, 4, 7, 250, 256, 1024, 5000]) {
      const small = new Int32Array(2048).fill(0x41414141);
      const payload = bytes({ size }, 0, small);
      for (let i = 0; i < 5000; i++) {
        const value = payload.next();
        if (value.some((byte) => byte !== 0x41))
          expect.fail(`size ${size}, message ${i}: ${value.toString('hex')}`);
      }
    }
  });

  it('mixes sizes by weight', () => {
    const sizes = [
      { size: 50, weight: 1 },
      { size: 60, weight: 0 },
      { size: 70, weight: 3 },
    ];
    const payload = bytes({ sizes, compressibility: 0.5 });
    const counts = new Map<number, number>();
    for (let i = 0; i < 10_000; i++) {
      const value = payload.next();
      counts.set(value.length, (counts.get(value.length) ?? 0) + 1);
      expect(value.subarray(value.length / 2).every((byte) => byte === 0x78)).toBe(true);
    }
    expect([...counts.keys()].sort()).toEqual([50, 70]);
    expect(Math.abs(counts.get(50)! - 2500)).toBeLessThan(4 * Math.sqrt(10_000 * 0.25 * 0.75));
  });

  it('refuses what cannot be, with a hint', () => {
    expect(() => bytes({ size: 31 }, 32)).toThrow('no room for the 32 bytes of the envelope');
    expect(() => bytes({ compressibility: 1.1 })).toThrow('compressibility is 1.1');
    expect(() => bytes({ sizes: [] })).toThrow('weights');
    expect(() => bytes({ sizes: [{ size: 10, weight: -1 }] })).toThrow('weights');
  });
});

describe('randomPool', () => {
  it('depends on the seed alone', () => {
    const first = pool.slice(0, 100);
    expect(randomPool(2).slice(0, 100)).not.toEqual(first);
    expect(randomPool(1).slice(0, 100)).toEqual(first);
    expect(randomPool(1)).toBe(randomPool(1));
  });
});

describe('jsonPayload', () => {
  const json = (template: string, room = 0) =>
    jsonPayload({ kind: 'json', template }, room, {
      random: seededRandom(3, 'json'),
      producer: 'writer',
      wallClock: () => 0,
    });

  it('fills an object’s strings, or any place of a text', () => {
    const object = json(jsonTemplate({ str: 'result${seq}', nested: [1, { at: '${now}', quote: '"\\' }] }));
    expect(JSON.parse(object.next(12).toString())).toEqual({
      str: 'result12',
      nested: [1, { at: '1970-01-01T00:00:00.000Z', quote: '"\\' }],
    });
    const text = json('{"n": ${seq}, "r": ${random:int:1:6}}');
    for (let i = 0; i < 100; i++) {
      const { n, r } = JSON.parse(text.next(i).toString()) as { n: number; r: number };
      expect([n, r >= 1 && r <= 6]).toEqual([i, true]);
    }
  });

  it('keeps room for an envelope', () => {
    const value = json('[${seq}]', 32).next(7);
    expect(value.toString('latin1', 32)).toBe('[7]');
  });

  it('refuses a template that gives no JSON, and draws nothing to find out', () => {
    expect(() => json('{"n": ${uuid}}')).toThrow('does not give JSON');
    expect(() => json('{"n": "${what}"}')).toThrow('cannot use ${what}');
    const random = seededRandom(3, 'json');
    jsonPayload({ kind: 'json', template: '"${uuid}"' }, 0, { random, producer: '', wallClock: () => 0 });
    expect(random.uint32()).toBe(seededRandom(3, 'json').uint32());
  });
});
