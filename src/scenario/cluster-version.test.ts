import { expect, test } from 'vitest';
import { parseScenario } from './load.ts';

const versionOf = (text: string) =>
  parseScenario(`{ cluster: { kind: local, version: ${text} }, producers: [{ name: w, topic: t }] }`, {
    file: 'x.yaml',
    env: {},
    readFile: () => '',
  }).scenario.cluster.version;

// YAML takes 4.0 for 4 and 4.10 for 4.1.
test.each([
  ['3.7', '3.7'],
  ['4.0', '4.0'],
  ['4.10', '4.10'],
  ['4.3.0', '4.3.0'],
  ['"3.9"', '3.9'],
])('version: %s is %s', (text, version) => {
  expect(versionOf(text)).toBe(version);
});

test.each(['3.6', '4', 'latest', 'true'])('version: %s is refused', (text) => {
  expect(() => versionOf(text)).toThrow('expected a Kafka version from 3.7 on, such as 3.9 or 4.3.0');
});
