import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { librdkafkaProperties } from './librdkafka-properties.ts';

test('the list is that of the librdkafka in use', () => {
  const binding = dirname(
    createRequire(import.meta.url).resolve('@confluentinc/kafka-javascript/package.json'),
  );
  const reference = readFileSync(join(binding, 'deps/librdkafka/CONFIGURATION.md'), 'utf8');
  const documented = [...reference.matchAll(/^([a-z_.]+) +\|/gm)].map((match) => match[1]!);
  expect(documented.length).toBeGreaterThan(150);
  expect(documented.filter((name) => !librdkafkaProperties.has(name))).toEqual([]);
  expect([...librdkafkaProperties].filter((name) => !documented.includes(name))).toEqual([
    'enable.sparse.connections',
    'test.mock.broker.rtt',
  ]);
});
