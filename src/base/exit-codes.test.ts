import { expect, test } from 'vitest';
import { exitCodes, worstExitCode } from './exit-codes.ts';

test('the codes are those of docs/cli.md', () => {
  expect(exitCodes).toEqual({
    ok: 0,
    gateFailed: 1,
    usage: 2,
    invalid: 3,
    inconclusive: 4,
    failed: 5,
    interrupted: 130,
    terminated: 143,
  });
});

test('with several files the worst decides: interruption, 5, 2, 1, 3, 4, 0', () => {
  const order = [130, 143, 5, 2, 1, 3, 4, 0] as const;
  for (const [i, code] of order.entries()) {
    for (const other of order.slice(i)) {
      expect(worstExitCode([other, code])).toBe(code);
      expect(worstExitCode([code, other])).toBe(code);
    }
  }
  expect(worstExitCode([])).toBe(0);
});
