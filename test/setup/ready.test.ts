import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { agrees, isInstalled } from '../../bin/setup/dependencies.mjs';
import {
  binaryPath,
  bindingReady,
  bindingStamp,
  compileStamp,
  compiledReady,
  dependenciesReady,
  dependencyStamp,
  isClone,
  signature,
  sourcesSignature,
} from '../../bin/setup/ready.mjs';
import { temporaryDirectory, writeBelow } from './temporary-directory.ts';

describe('compiled sources', () => {
  function tree() {
    const root = temporaryDirectory();
    writeBelow(root, 'src/cli/main.ts', 'one');
    writeBelow(root, 'src/a.ts', 'a');
    writeBelow(root, 'tsconfig.json', '{}');
    return root;
  }

  test.each<[string, (root: string) => unknown]>([
    ['a source is edited', (root) => writeBelow(root, 'src/cli/main.ts', 'other')],
    ['a source is touched', (root) => utimesSync(join(root, 'src/a.ts'), 1, 1)],
    ['a source is added', (root) => writeBelow(root, 'src/new/b.ts')],
    ['a source is deleted', (root) => rmSync(join(root, 'src/a.ts'))],
    [
      'a source is renamed, times kept',
      (root) => (rmSync(join(root, 'src/a.ts')), writeBelow(root, 'src/b.ts', 'a')),
    ],
    ['the compiler settings change', (root) => writeBelow(root, 'tsconfig.json', '{ }')],
  ])('are stale when %s', (_, change) => {
    const root = tree();
    const before = sourcesSignature(root);
    change(root);
    expect(sourcesSignature(root)).not.toBe(before);
  });

  test('are not stale for tests and other files', () => {
    const root = tree();
    const before = sourcesSignature(root);
    writeBelow(root, 'src/a.test.ts');
    writeBelow(root, 'src/b.case.ts');
    writeBelow(root, 'src/cluster/pom.xml');
    expect(sourcesSignature(root)).toBe(before);
  });

  test('need the stamp of these very sources and an entry point', () => {
    const root = tree();
    const main = writeBelow(root, 'dist/cli/main.js');
    expect(compiledReady(root)).toBe(false);
    writeFileSync(compileStamp(root), JSON.stringify({ sources: sourcesSignature(root) }));
    expect(compiledReady(root)).toBe(true);
    rmSync(main);
    expect(compiledReady(root)).toBe(false);
  });
});

describe('dependencies', () => {
  const lockfile = (version: string) =>
    JSON.stringify({
      packages: {
        '': { version: '0.1.0' },
        'node_modules/yaml': { version, integrity: `sha512-${version}` },
        'node_modules/fsevents': { version: '2.3.3', optional: true },
      },
    });
  const record = (version: string) =>
    JSON.stringify({ packages: { 'node_modules/yaml': { version, integrity: `sha512-${version}` } } });

  function tree(wanted: string, installed?: string) {
    const root = temporaryDirectory();
    writeBelow(root, 'package-lock.json', lockfile(wanted));
    writeBelow(root, 'node_modules/@confluentinc/kafka-javascript/package.json', '{}');
    if (installed !== undefined) writeBelow(root, 'node_modules/.package-lock.json', record(installed));
    return root;
  }

  test('a plain npm install is recognised by what npm recorded', () => {
    expect(isInstalled(tree('2.0.0', '2.0.0'))).toBe(true);
    expect(isInstalled(tree('2.0.0', '1.0.0'))).toBe(false);
    expect(isInstalled(tree('2.0.0'))).toBe(false);
  });

  test('a removed package directory is missed', () => {
    const root = tree('2.0.0', '2.0.0');
    rmSync(join(root, 'node_modules/@confluentinc'), { recursive: true });
    expect(isInstalled(root)).toBe(false);
  });

  test.each([
    ['a missing package', { packages: {} }, false],
    ['other contents under the same version', { packages: { a: { version: '1', integrity: 'y' } } }, false],
    ['a package too many', { packages: { a: { version: '1', integrity: 'x' }, b: { version: '1' } } }, true],
  ])('agreement with %s', (_, installed, expected) => {
    expect(agrees({ packages: { '': {}, a: { version: '1', integrity: 'x' } } }, installed)).toBe(expected);
  });

  test('the quick look trusts the stamp of this very lockfile only', () => {
    const root = tree('2.0.0', '2.0.0');
    expect(dependenciesReady(root)).toBe(false);
    writeFileSync(
      dependencyStamp(root),
      JSON.stringify({ lock: signature(join(root, 'package-lock.json')) }),
    );
    expect(dependenciesReady(root)).toBe(true);
    writeBelow(root, 'package-lock.json', lockfile('2.0.10'));
    expect(dependenciesReady(root)).toBe(false);
  });
});

describe('native binding', () => {
  test('is ready when this binary was seen to load in this Node', () => {
    const root = temporaryDirectory();
    const directory = join(root, 'node_modules/@confluentinc/kafka-javascript');
    writeBelow(directory, 'package.json', '{}');
    expect(bindingReady(root)).toBe(false);
    writeBelow(directory, 'build/Release/confluent-kafka-javascript.node', 'binary');
    expect(bindingReady(root)).toBe(false);

    const stamp = (abi: string) =>
      writeFileSync(
        bindingStamp(directory),
        JSON.stringify({ abi, binary: signature(binaryPath(directory)) }),
      );
    stamp(process.versions.modules);
    expect(bindingReady(root)).toBe(true);
    stamp('1');
    expect(bindingReady(root), 'another Node').toBe(false);
    stamp(process.versions.modules);
    writeFileSync(binaryPath(directory), 'another binary');
    expect(bindingReady(root), 'another binary').toBe(false);
    writeFileSync(bindingStamp(directory), '{"abi":');
    expect(bindingReady(root), 'a damaged stamp').toBe(false);
  });
});

test('a clone has compiler settings and does not lie in node_modules', () => {
  const root = temporaryDirectory();
  expect(isClone(root)).toBe(false);
  writeBelow(root, 'tsconfig.build.json', '{}');
  expect(isClone(root)).toBe(true);
  writeBelow(root, 'node_modules/kafka-bench/tsconfig.build.json', '{}');
  expect(isClone(join(root, 'node_modules/kafka-bench'))).toBe(false);
});
