import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameFilter } from './frame-filter.ts';
import type { FrameHeader } from './frame-filter.ts';

/** A request (or response) frame: its header and a body of `body` bytes of `fill`. */
function frame(side: 'requests' | 'responses', apiKey: number, id: number, body: number, fill = 7): Buffer {
  const header = side === 'requests' ? Buffer.alloc(12) : Buffer.alloc(8);
  header.writeInt32BE(header.length - 4 + body, 0);
  if (side === 'requests') {
    header.writeInt16BE(apiKey, 4);
    header.writeInt32BE(id, 8);
  } else header.writeInt32BE(id, 4);
  return Buffer.concat([header, Buffer.alloc(body, fill)]);
}

function filter(side: 'requests' | 'responses', keep: (header: FrameHeader) => boolean) {
  const seen: FrameHeader[] = [];
  let swallowed = 0;
  const frames = new FrameFilter(side, {
    keep: (header) => {
      seen.push(header);
      return keep(header);
    },
    swallowed: () => swallowed++,
  });
  return { frames, seen, swallowed: () => swallowed };
}

/** `bytes` cut at the given places, each taken modulo what is left. */
function cutUp(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes.length === 0 ? bytes.length : Math.max(1, sizes[i % sizes.length]!);
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

describe('frames', () => {
  test('headers are read however the stream is cut', () => {
    const bytes = Buffer.concat([frame('requests', 0, 41, 100), frame('requests', 18, 42, 0)]);
    for (let size = 1; size <= bytes.length; size++) {
      const { frames, seen } = filter('requests', () => true);
      const out = cutUp(bytes, [size]).flatMap((chunk) => frames.take(chunk));
      expect(Buffer.concat(out)).toEqual(bytes);
      expect(seen).toEqual([
        { apiKey: 0, correlationId: 41 },
        { apiKey: 18, correlationId: 42 },
      ]);
    }
  });

  test('what is kept is passed on whole and at once, as one view', () => {
    const bytes = Buffer.concat([1, 2, 3].map((id) => frame('responses', 0, id, 50)));
    const { frames } = filter('responses', () => true);
    const out = frames.take(bytes);
    expect(out).toHaveLength(1);
    expect(out[0]!.buffer).toBe(bytes.buffer);
  });

  test('of a frame cut short, the part that is there is passed on; of its header, at the end', () => {
    const bytes = frame('requests', 0, 1, 100);
    const { frames } = filter('requests', () => true);
    expect(frames.take(bytes.subarray(0, 5))).toEqual([]);
    expect(frames.rest()).toEqual(bytes.subarray(0, 5));
    expect(frames.rest()).toHaveLength(0);
    expect(Buffer.concat(frames.take(bytes.subarray(0, 60)))).toEqual(bytes.subarray(0, 60));
  });

  test.each([
    ['a TLS handshake', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 1, 2, 3])],
    ['a negative size', Buffer.from([0xff, 0xff, 0xff, 0xff, 1, 2, 3])],
    ['a size beyond reason', Buffer.from('GET / HTTP/1.1\r\n')],
  ])('%s is no framing: all of it passes, nothing is asked', (_, bytes) => {
    for (const size of [1, 3, bytes.length]) {
      const { frames, seen } = filter('requests', () => false);
      const out = [...cutUp(bytes, [size]), bytes].flatMap((chunk) => frames.take(chunk));
      expect(Buffer.concat(out)).toEqual(Buffer.concat([bytes, bytes]));
      expect(seen).toEqual([]);
      expect(frames.opaque).toBe(true);
    }
  });

  test('fuzz: exactly the frames not kept are missing, wherever chunks begin', () => {
    const oneFrame = fc.record({
      apiKey: fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }),
      id: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      body: fc.integer({ min: 0, max: 300 }),
      kept: fc.boolean(),
    });
    const sides = fc.constantFrom('requests' as const, 'responses' as const);
    fc.assert(
      fc.property(
        sides,
        fc.array(oneFrame, { maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 64 })),
        (side, given, sizes) => {
          const bytes = given.map(({ apiKey, id, body }, i) => frame(side, apiKey, id, body, i + 1));
          const kept = bytes.filter((_, i) => given[i]!.kept);
          const { frames, seen, swallowed } = filter(side, () => given[seen.length - 1]!.kept);
          const out = cutUp(Buffer.concat(bytes), sizes).flatMap((chunk) => frames.take(chunk));
          expect(Buffer.concat(out)).toEqual(Buffer.concat(kept));
          expect(seen).toEqual(
            given.map(({ apiKey, id }) => ({
              apiKey: side === 'requests' ? apiKey : null,
              correlationId: id,
            })),
          );
          expect(swallowed()).toBe(given.length - kept.length);
          expect(frames.swallowedBytes).toBe(Buffer.concat(bytes).length - Buffer.concat(kept).length);
        },
      ),
    );
  });

  test('fuzz: hostile bytes pass unchanged, also with sizes that lie', () => {
    const small = fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from([0, 0, 0, ...bytes]));
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      small,
    );
    fc.assert(
      fc.property(fc.array(hostile), fc.array(fc.integer({ min: 1, max: 20 })), (parts, sizes) => {
        const bytes = Buffer.concat(parts);
        const { frames } = filter('requests', () => true);
        const out = cutUp(bytes, sizes).flatMap((chunk) => frames.take(chunk));
        expect(Buffer.concat([...out, frames.rest()])).toEqual(bytes);
      }),
    );
  });
});
