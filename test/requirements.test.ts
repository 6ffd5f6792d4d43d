import { afterEach, expect, test, vi } from 'vitest';
import { takesMinutes } from './requirements.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

/** A fresh look at a machine with no programs. */
async function onAnEmptyMachine() {
  vi.resetModules();
  vi.stubEnv('PATH', '/nonexistent');
  vi.stubEnv('JAVA_HOME', '');
  return (await import('./requirements.ts')).missing;
}

test('a missing requirement skips, with the reason on stderr', async () => {
  vi.stubEnv('KAFKA_BENCH_REQUIRE_ALL', '');
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const missing = await onAnEmptyMachine();
  expect(missing('java', 'docker')).toBe(true);
  expect(written.mock.calls.flat().join('')).toContain(
    'skipped: needs Java 17 or newer and a reachable Docker engine',
  );
  written.mockRestore();
});

test('it fails where everything is required', async () => {
  vi.stubEnv('KAFKA_BENCH_REQUIRE_ALL', '1');
  const missing = await onAnEmptyMachine();
  expect(() => missing('maven')).toThrow('KAFKA_BENCH_REQUIRE_ALL is set and a test needs Maven');
});

test('nothing needed is never missing', async () => {
  vi.stubEnv('KAFKA_BENCH_REQUIRE_ALL', '1');
  expect((await onAnEmptyMachine())()).toBe(false);
});

test('what takes minutes runs in CI and where it is asked for', () => {
  for (const [all, long, skips] of [
    ['', '', true],
    ['1', '', false],
    ['', '1', false],
  ] as const) {
    vi.stubEnv('KAFKA_BENCH_REQUIRE_ALL', all);
    vi.stubEnv('KAFKA_BENCH_LONG', long);
    expect(takesMinutes()).toBe(skips);
  }
});
