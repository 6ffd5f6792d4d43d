import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { librdkafkaTable as readTable } from '../../bin/librdkafka-table.mjs';
import { isSameProperty, ownName } from './librdkafka-properties.ts';
import { librdkafkaTable } from './librdkafka-table.ts';

const require = createRequire(import.meta.url);
const library = join(
  dirname(require.resolve('@confluentinc/kafka-javascript/package.json')),
  'deps/librdkafka',
);

describe('the committed table', () => {
  it('is that of the librdkafka in use', () => {
    const documented = readTable(readFileSync(join(library, 'CONFIGURATION.md'), 'utf8'));
    expect(Object.keys(documented).length).toBeGreaterThan(190);
    expect(librdkafkaTable).toEqual(documented);
  });

  it('is what the library that is installed accepts: both ends of every range, every word, and nothing beside', () => {
    const { Producer } = require('@confluentinc/kafka-javascript') as {
      Producer: new (config: Record<string, unknown>) => unknown;
    };
    // What a build leaves out, such as zstd, says nothing of the table.
    const isAccepted = (name: string, value: unknown): boolean | null => {
      try {
        new Producer({ [name]: value });
        return true;
      } catch (error) {
        return /not supported in this build|Unsupported value/.test(String(error)) ? null : false;
      }
    };
    const wrong: string[] = [];
    const hold = (name: string, value: string | number, accepted: boolean): void => {
      if (isAccepted(name, value) === !accepted) wrong.push(`${name}=${value}`);
    };
    let held = 0;
    for (const [name, entry] of Object.entries(librdkafkaTable)) {
      if ('alias' in entry || 'legacy' in entry) continue;
      held++;
      if ('from' in entry) {
        for (const end of [entry.from, entry.to]) hold(name, end, true);
        hold(name, entry.from - 1, false);
        // Above the largest int librdkafka reads another number.
        if (entry.to < 2 ** 31 - 1) hold(name, entry.to + 1, false);
        if ('words' in entry) for (const word of entry.words) hold(name, word, true);
      } else if (entry.type === 'boolean') {
        for (const word of ['true', 'false']) hold(name, word, true);
        hold(name, 'yes', false);
      } else if ('words' in entry) {
        for (const word of entry.words) hold(name, word, true);
        hold(name, 'nope', false);
      }
    }
    expect(held).toBeGreaterThan(100);
    expect(wrong).toEqual([]);
  });
});

it('aliases are one property', () => {
  expect(ownName('acks')).toBe('request.required.acks');
  expect(ownName('linger.ms')).toBe('queue.buffering.max.ms');
  expect(ownName('enable.auto.commit')).toBe('enable.auto.commit');
  expect(ownName('lingr.ms')).toBeUndefined();
  expect(isSameProperty('retries', 'message.send.max.retries')).toBe(true);
  expect(isSameProperty('retries', 'retry.backoff.ms')).toBe(false);
  expect(isSameProperty('x', 'y')).toBe(false);
});
