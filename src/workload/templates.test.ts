import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../base/random.ts';
import { writeDecimal } from './template-field.ts';
import { Template, TemplateBuffer } from './templates.ts';

const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

function context(seed = 1, wallClock = () => at) {
  return { random: seededRandom(seed, 'templates'), producer: 'writer', wallClock };
}

const text = (template: string, index = 0, seed = 1) => new Template(template, context(seed)).text(index);

describe('Template', () => {
  it('fills in the placeholders', () => {
    expect(text('message ${seq} of ${producer}', 41)).toBe('message 41 of writer');
    expect(text('${now}')).toBe('2026-01-02T03:04:05.678Z');
    expect(text('${random:text:20}')).toMatch(/^[\w-]{20}$/);
    expect(text('${random:text:0}|')).toBe('|');
    expect(text('no placeholder, $ { and } 好')).toBe('no placeholder, $ { and } 好');
    expect(text('')).toBe('');
  });

  it('draws whole numbers from the range, both ends included', () => {
    const buffer = new TemplateBuffer(new Template('${random:int:-2:2}', context()));
    const counts = new Map<string, number>();
    for (let i = 0; i < 5000; i++) {
      const drawn = buffer.next(i).toString();
      counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(['-1', '-2', '0', '1', '2']);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(4 * Math.sqrt(800));
    expect(text('${random:int:7:7}')).toBe('7');
    expect(Number(text('${random:int:-999999999999999:-999999999999990}'))).toBeLessThan(
      -999_999_999_999_989,
    );
  });

  it('makes UUIDs of version 4 that do not repeat', () => {
    const buffer = new TemplateBuffer(new Template('${uuid}', context()));
    const made = new Set(Array.from({ length: 2000 }, (_, i) => buffer.next(i).toString()));
    expect(made.size).toBe(2000);
    for (const uuid of made)
      expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('gives the same text for the same seed, except for now', () => {
    const template = '${uuid} ${random:int:1:1000000} ${random:text:9}';
    expect(text(template, 0, 5)).toBe(text(template, 0, 5));
    expect(text(template, 0, 5)).not.toBe(text(template, 0, 6));
    let clock = at;
    const now = new TemplateBuffer(
      new Template(
        '${now}',
        context(1, () => clock),
      ),
    );
    expect(now.next(0).toString()).toMatch(/678Z$/);
    clock += 1.9;
    expect(now.next(1).toString()).toMatch(/679Z$/);
  });

  it('knows its length and whether it ever changes', () => {
    expect(new Template('fixed ${producer}', context()).isConstant).toBe(true);
    expect(new Template('${seq}', context()).isConstant).toBe(false);
    expect(new Template('a${seq}b${random:text:5}', context())).toMatchObject({ minBytes: 8, maxBytes: 23 });
  });

  it('refuses what it does not know, and says what there is', () => {
    for (const bad of [
      '${sequence}',
      '${}',
      '${random:int:5:1}',
      '${random:int:0:4294967296}',
      '${random:text:x}',
      '${ seq }',
    ]) {
      expect(() => new Template(bad, context()), bad).toThrow(/template: cannot use \$\{/);
    }
    expect(() => new Template('${sequence}', context())).toThrow(
      expect.objectContaining({ code: 'scenario', hint: expect.stringContaining('${seq}') as string }),
    );
  });
});

describe('TemplateBuffer', () => {
  // Constant pieces are not written again while they stay in place: compare with a template that is new each time.
  it('gives each message the text of its own, however lengths vary', () => {
    const piece = fc.constantFrom(
      '${seq}',
      '${producer}',
      'text',
      '|',
      '${random:int:0:1}',
      '${random:int:1:99999}',
      'é',
    );
    const index = fc.oneof(fc.nat(12), fc.maxSafeNat());
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 8 }),
        fc.array(index, { maxLength: 20 }),
        fc.nat(40),
        (pieces, indices, room) => {
          const template = pieces.join('');
          const buffer = new TemplateBuffer(new Template(template, context(9)), room);
          const { random } = context(9);
          const fresh = { ...context(), random };
          for (const i of indices) {
            const value = buffer.next(i);
            value.fill(0xff, 0, room);
            expect(value.toString('utf8', room)).toBe(new Template(template, fresh).text(i));
          }
        },
      ),
    );
  });
});

describe('writeDecimal', () => {
  it('equals String for every safe whole number', () => {
    const target = Buffer.alloc(20);
    const expectSame = (value: number) => {
      expect(target.toString('latin1', 2, writeDecimal(target, 2, value))).toBe(String(value));
    };
    for (let power = 1; power < Number.MAX_SAFE_INTEGER; power *= 10) [power - 1, power].forEach(expectSame);
    for (const value of [2 ** 31 - 2, 2 ** 31 - 1, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER])
      expectSame(value);
    fc.assert(fc.property(fc.maxSafeNat(), expectSame), { numRuns: 1000 });
  });
});
