import { expect, test } from 'vitest';
import { defaultVersion } from '../cluster/local/kafka-jars.ts';
import { fullVersion, isVersion, logsByLog4j1, releases, versionPattern } from './kafka-version.ts';

test.each([
  ['3.9', '3.9.2'],
  ['3.9.1', '3.9.1'],
  ['4.3', '4.3.0'],
  ['9.8', '9.8.0'],
])('%s is started as %s', (line, release) => {
  expect(fullVersion(line)).toBe(release);
});

test('the line of the version that is started by default is that version', () => {
  expect(Object.values(releases)).toContain(defaultVersion());
});

test.each([
  ['3.9.2', '3.9', true],
  ['3.9.2', '3.9.2', true],
  ['3.9.2', undefined, true],
  ['3.9.2', '3.9.1', false],
  ['3.10.0', '3.1', false],
  [null, '3.9', false],
  [null, undefined, true],
])('%s serves for %s: %s', (actual, wanted, serves) => {
  expect(isVersion(actual, wanted)).toBe(serves);
});

test('the logger changed with Kafka 4', () => {
  expect(['3.7.2', '3.9.2', '4.0.0', '10.0.0'].map(logsByLog4j1)).toEqual([true, true, false, false]);
});

test.each([
  ['3.7', true],
  ['3.9.2', true],
  ['3.10', true],
  ['4.0', true],
  ['4.10.1', true],
  ['10.0', true],
  ['3.6', false],
  ['3.6.2', false],
  ['2.8', false],
  ['4', false],
  ['4.3.0-rc1', false],
  ['latest', false],
])('%s may be asked for: %s', (text, may) => {
  expect(versionPattern.test(text)).toBe(may);
});
