import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cacheDirectory } from '../../bin/setup/cache-directory.mjs';
import { cacheDir } from './cache-dir.ts';

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'kafka-bench-cache-'))));
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

/** A place below a file: not even root makes a directory there. */
const impossible = '/dev/null/below';

describe('the cache', () => {
  it('is where it is asked for, made or not', () => {
    expect(cacheDir({ KAFKA_BENCH_CACHE: join(directory, 'a', 'b') })).toBe(join(directory, 'a', 'b'));
    expect(cacheDir({ XDG_CACHE_HOME: directory })).toBe(join(directory, 'kafka-bench'));
  });

  it.each([[{ KAFKA_BENCH_CACHE: impossible }], [{ XDG_CACHE_HOME: impossible }]])(
    'is one of this user in the temporary directory where %j cannot be written',
    (env) => {
      vi.stubEnv('TMPDIR', directory);
      const fallback = cacheDir(env);
      expect(fallback).toBe(join(directory, `kafka-bench-${process.getuid!()}`));
      expect(statSync(fallback).mode & 0o777).toBe(0o700);
      expect(cacheDirectory(env)).toBe(fallback);
    },
  );

  it('is never a directory that others may write', () => {
    vi.stubEnv('TMPDIR', directory);
    const planted = join(directory, `kafka-bench-${process.getuid!()}`);
    mkdirSync(planted);
    chmodSync(planted, 0o777);
    expect(() => cacheDir({ KAFKA_BENCH_CACHE: impossible })).toThrow(/neither .* can be used as a cache/);
  });
});
