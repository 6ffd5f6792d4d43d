import { existsSync, mkdirSync, readFileSync, readdirSync, utimesSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { resolve } from 'node:path';
import {
  aboutEntry,
  copyLoadable,
  entryKey,
  findEntries,
  platformKey,
  store,
} from '../../bin/setup/binding-cache.mjs';
import { cacheDirectory } from '../../bin/setup/cache-directory.mjs';
import { cacheDir } from '../../src/base/cache-dir.ts';
import { temporaryDirectory, writeBelow } from './temporary-directory.ts';

const loads = () => Promise.resolve({ features: ['gzip'], librdkafka: '2.15.1' });
const doesNotLoad = () => Promise.resolve(null);

/** What a source build leaves behind, in little. */
function buildDirectory(): string {
  const build = join(temporaryDirectory(), 'build');
  for (const file of [
    'Release/confluent-kafka-javascript.node',
    'Release/obj.target/binding.o',
    'deps/librdkafka.so.1',
    'deps/librdkafka.so',
    'deps/librdkafka++.so.1',
    'deps/librdkafka.a',
    'deps/librdkafka-static.a',
    'deps/include/rdkafka.h',
  ]) {
    writeBelow(build, file, file);
  }
  return build;
}

describe('binding cache', () => {
  test('the key names version, Node ABI, platform and architecture', () => {
    const key = platformKey('1.10.1');
    expect(key).toContain(`1.10.1-node${process.versions.modules}-${process.platform}-`);
    expect(key.endsWith(`-${process.arch}`)).toBe(true);
    expect(platformKey('1.10.2')).not.toBe(key);
  });

  test('features are part of the key, in any order', () => {
    expect(entryKey('p', ['zstd', 'gssapi'])).toBe('p-base+gssapi+zstd');
    expect(entryKey('p', ['gssapi', 'zstd'])).toBe('p-base+gssapi+zstd');
    expect(entryKey('p', [])).toBe('p-base');
    expect(entryKey('p', 'prebuilt')).toBe('p-prebuilt');
  });

  test('entries with at least the wanted features are found, prebuilt and richest first', () => {
    const cache = temporaryDirectory();
    for (const key of [
      'p-base',
      'p-base+zstd',
      'p-base+gssapi+zstd',
      'p-prebuilt',
      'other-base+zstd',
      'p-base+oidc',
    ]) {
      writeBelow(cache, `binding/${key}/about.json`, '{}');
    }
    mkdirSync(join(cache, 'binding', 'p-base+oidc+zstd')); // no about.json: not whole
    const names = (features: string[]) => findEntries(cache, 'p', features).map((entry) => basename(entry));
    expect(names(['zstd'])).toEqual(['p-prebuilt', 'p-base+gssapi+zstd', 'p-base+zstd']);
    expect(names(['oidc', 'zstd'])).toEqual(['p-prebuilt']);
    expect(names([])).toHaveLength(5);
    expect(findEntries(join(cache, 'none'), 'p', [])).toEqual([]);
  });

  test('copies what the loader needs and nothing else', () => {
    const to = join(temporaryDirectory(), 'copy');
    copyLoadable(buildDirectory(), to);
    expect(readdirSync(to, { recursive: true }).map(String).sort()).toEqual([
      'Release',
      'Release/confluent-kafka-javascript.node',
      'deps',
      'deps/librdkafka++.so.1',
      'deps/librdkafka.so.1',
    ]);
  });

  test('an entry is stored whole, with what was found in it', async () => {
    const cache = temporaryDirectory();
    const entry = await store(cache, 'p-base', buildDirectory(), loads, 'built');
    expect(aboutEntry(entry!)).toEqual({ source: 'built', features: ['gzip'], librdkafka: '2.15.1' });
    expect(readdirSync(join(cache, 'binding'))).toEqual(['p-base']);
    expect(findEntries(cache, 'p', [])).toEqual([entry]);
  });

  test('a copy that does not load leaves nothing', async () => {
    const cache = temporaryDirectory();
    expect(await store(cache, 'p-base', buildDirectory(), doesNotLoad, 'built')).toBeNull();
    expect(readdirSync(join(cache, 'binding'))).toEqual([]);
  });

  test('a second store replaces the entry, and two at once both succeed', async () => {
    const cache = temporaryDirectory();
    writeBelow(cache, 'binding/p-base/about.json', '{"source":"old"}');
    const build = buildDirectory();
    await Promise.all([
      store(cache, 'p-base', build, loads, 'built'),
      store(cache, 'p-base', build, loads, 'built'),
    ]);
    expect(aboutEntry(join(cache, 'binding', 'p-base')).source).toBe('built');
    expect(existsSync(join(cache, 'binding', 'p-base', 'build', 'deps', 'librdkafka.so.1'))).toBe(true);
    expect(readdirSync(join(cache, 'binding'))).toEqual(['p-base']);
  });

  test('what a killed process left half written is removed after a day', async () => {
    const cache = temporaryDirectory();
    const old = writeBelow(cache, 'binding/.tmp-p-base-1-1/about.json', '{}');
    const fresh = writeBelow(cache, 'binding/.tmp-p-base-2-2/about.json', '{}');
    utimesSync(join(old, '..'), new Date(0), new Date(0));
    await store(cache, 'p-base', buildDirectory(), loads, 'built');
    expect(existsSync(old)).toBe(false);
    expect(readFileSync(fresh, 'utf8')).toBe('{}');
  });
});

describe('cache directory', () => {
  test('is where the program itself looks', () => {
    const folder = temporaryDirectory();
    for (const env of [{ KAFKA_BENCH_CACHE: join(folder, 'a') }, { XDG_CACHE_HOME: folder }]) {
      expect(cacheDirectory(env)).toBe(cacheDir(env));
    }
    expect(cacheDirectory({ XDG_CACHE_HOME: folder })).toBe(resolve(folder, 'kafka-bench'));
  });

  test('falls back to the temporary directory where it cannot be made', () => {
    const file = writeBelow(temporaryDirectory(), 'file');
    const fallback = cacheDirectory({ KAFKA_BENCH_CACHE: join(file, 'cache') });
    expect(fallback.startsWith(file)).toBe(false);
    expect(existsSync(fallback)).toBe(true);
  });
});
