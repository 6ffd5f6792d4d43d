import { describe, expect, test } from 'vitest';
import { newOffset, parseResetTarget } from './reset-target.ts';

describe('newOffset', () => {
  const log = { start: 10, end: 100, committed: 40 };

  test.each([
    ['earliest', log, 10],
    ['latest', log, 100],
    ['offset:55', log, 55],
    ['offset:10', log, 10],
    ['offset:100', log, 100],
    ['shift-by:5', log, 45],
    ['shift-by:-30', log, 10],
    ['shift-by:60', log, 100],
    ['datetime:2026-01-01T00:00:00.000', { ...log, atTime: 33 }, 33],
    ['datetime:2026-01-01T00:00:00.000', { ...log, atTime: 0 }, 0],
  ])('%s in %o is %i', (target, input, offset) => {
    expect(newOffset(parseResetTarget(target), input)).toEqual({ offset });
  });

  test.each([
    ['offset:101', log, 100, /101 is beyond the end/],
    ['offset:9', log, 10, /9 is before the log begins/],
    ['shift-by:61', log, 100, /101 is beyond/],
    ['shift-by:-31', log, 10, /9 is before/],
    ['shift-by:-50', { ...log, committed: 40 }, 10, /-10 is before/],
    ['datetime:2026-01-01T00:00:00.000', { ...log, atTime: -1 }, 100, /no record is as late/],
    ['offset:5', { start: 0, end: 0, committed: null }, 0, /beyond the end/],
  ])('%s in %o is held at %i, and says so', (target, input, offset, note) => {
    const found = newOffset(parseResetTarget(target), input);
    expect(found?.offset).toBe(offset);
    expect(found?.note).toMatch(note);
  });

  test('there is nothing to shift where nothing is committed', () => {
    expect(newOffset(parseResetTarget('shift-by:1'), { ...log, committed: null })).toBeNull();
  });
});

describe('parseResetTarget', () => {
  test.each([
    ['2026-01-31T12:00:00.000', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31T12:00:00', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31T12:00:00.5Z', '2026-01-31T12:00:00.500Z'],
    ['2026-01-31T12:00:00.000+01:00', '2026-01-31T11:00:00.000Z'],
    ['2026-01-31T12:00:00.000+01', '2026-01-31T11:00:00.000Z'],
    ['2026-01-31T00:00:00.000-0130', '2026-01-31T01:30:00.000Z'],
  ])('%s is %s', (text, instant) => {
    expect(parseResetTarget(`datetime:${text}`)).toEqual({
      kind: 'datetime',
      timestamp: Date.parse(instant),
    });
  });

  test.each([
    ...['', 'first', 'earliest:1', 'offset', 'offset:', 'offset:-1', 'offset:1.5', 'shift-by:', 'shift-by:x'],
    ...[
      'offset:99999999999999999',
      'datetime:2026-01-31',
      'datetime:2026-02-30T00:00:00.000',
      'datetime:soon',
    ],
  ])('"%s" is refused', (text) => {
    expect(() => parseResetTarget(text)).toThrow(/is no place to reset offsets to/);
  });
});
