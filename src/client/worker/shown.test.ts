import { describe, expect, it } from 'vitest';
import type { ShownMessage } from '../../protocol/report.ts';
import { showBytes, ShownSampler } from './shown.ts';

const message = {
  direction: 'sent' as const,
  name: 'writer',
  topic: 't',
  partition: 0,
  offset: 1,
  key: null,
  value: 'v',
};

describe('ShownSampler', () => {
  function sampler(perSecond: number) {
    const time = { now: 10 };
    const shown: ShownMessage[] = [];
    return {
      time,
      shown,
      of: new ShownSampler(perSecond, { now: () => time.now }, (each) => shown.push(each)),
    };
  }

  it('shows all while they are few', () => {
    const { of, shown, time } = sampler(3);
    for (let i = 0; i < 9; i++) {
      of.offer({ ...message, offset: i });
      time.now += 400_000;
    }
    expect(shown.map(({ offset, skipped }) => [offset, skipped])).toEqual(
      Array.from({ length: 9 }, (_, i) => [i, 0]),
    );
  });

  it('shows the first of each second when they are many, and says how many it left out', () => {
    const { of, shown, time } = sampler(2);
    for (let i = 0; i < 5; i++) of.offer({ ...message, offset: i });
    time.now += 1e6;
    of.offer({ ...message, offset: 5 });
    expect(shown.map(({ offset, skipped }) => [offset, skipped])).toEqual([
      [0, 0],
      [1, 0],
      [5, 3],
    ]);
  });

  it('is off at 0', () => {
    expect(sampler(0).of.enabled).toBe(false);
    expect(sampler(1).of.enabled).toBe(true);
  });
});

describe('showBytes', () => {
  it.each([
    ['null', null, null],
    ['nothing', Buffer.alloc(0), ''],
    ['text', Buffer.from('grüße 世界 🎉'), 'grüße 世界 🎉'],
    ['bytes that are no UTF-8', Buffer.from([0xc3, 0x28, 0xff]), '0xc328ff'],
    ['what would move the cursor', Buffer.from('a\u001b[2J'), '0x611b5b324a'],
    ['a carriage return', Buffer.from('a\rb'), '0x610d62'],
    ['what some terminals take for an escape', Buffer.from('a\u009b2J'), '0x61c29b324a'],
  ])('shows %s', (_, bytes, shown) => {
    expect(showBytes(bytes)).toBe(shown);
  });

  it('cuts long text and says how long it is', () => {
    const shown = showBytes(Buffer.from('ä'.repeat(300)))!;
    expect(shown).toBe(`${'ä'.repeat(200)}… (600 bytes)`);
    expect(showBytes(Buffer.from('a'.repeat(200)))).toBe('a'.repeat(200));
  });
});
