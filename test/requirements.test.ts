import { afterEach, beforeEach, expect, test, vi } from 'vitest';

beforeEach(() => void vi.stubEnv('KAFKA_BENCH_TESTS', 'all'));
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

test.each([
  { running: 'quick', skipped: ['all', 'long'] },
  { running: 'all', skipped: ['long'] },
  { running: '', skipped: ['long'] },
  { running: 'long', skipped: [] },
])('with KAFKA_BENCH_TESTS=$running these tiers are skipped: $skipped', async ({ running, skipped }) => {
  vi.stubEnv('KAFKA_BENCH_TESTS', running);
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const { skippedBelow } = await import('./requirements.ts');
  expect((['quick', 'all', 'long'] as const).filter((tier) => skippedBelow(tier))).toEqual(skipped);
  for (const tier of skipped) expect(written.mock.calls.flat().join('')).toContain(`npm run test:${tier}`);
  written.mockRestore();
});

test('a tier that there is not is refused: nothing would run, and nobody would see it', async () => {
  vi.stubEnv('KAFKA_BENCH_TESTS', 'evrything');
  const { skippedBelow } = await import('./requirements.ts');
  expect(() => skippedBelow('all')).toThrow('KAFKA_BENCH_TESTS is evrything: it takes quick, all, long');
});

test('what needs a real cluster is left out of the first tier, wherever it could run', async () => {
  vi.stubEnv('KAFKA_BENCH_REQUIRE_ALL', '1');
  vi.stubEnv('KAFKA_BENCH_TESTS', 'quick');
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const missing = await onAnEmptyMachine();
  expect(missing('java')).toBe(true);
  expect(() => missing('c-compiler')).toThrow('needs a C compiler');
  written.mockRestore();
});
