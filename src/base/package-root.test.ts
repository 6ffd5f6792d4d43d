import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cacheDir } from './cache-dir.ts';
import { packageRoot } from './package-root.ts';

test('the package root holds what the package needs beside its code', () => {
  expect(existsSync(join(packageRoot(), 'src', 'cluster', 'pom.xml'))).toBe(true);
  expect(existsSync(join(packageRoot(), 'docker-compose.yml'))).toBe(true);
});

test('the cache is where the person says, else where the system puts caches', () => {
  expect(cacheDir({ KAFKA_BENCH_CACHE: '/c', XDG_CACHE_HOME: '/x' })).toBe('/c');
  expect(cacheDir({ XDG_CACHE_HOME: '/x' })).toBe('/x/kafka-bench');
  expect(cacheDir({})).toMatch(/\.cache\/kafka-bench$/);
});
