import { brokerTypes, topicTypes } from './kafka-table.ts';
import { type PropertyReading, readBoolean, readNumber } from './property-value.ts';

const tables = { topic: topicTypes, broker: brokerTypes } as const;

export type ConfigOf = keyof typeof tables;

/** Names that Kafka's classes list: of the version that `generate` saw, without those of plugins. */
export const configNames = (of: ConfigOf): string[] => Object.keys(tables[of]);

/**
 * A value for a topic's or a broker's property, as Kafka's parser takes it: it refuses every unit and exponent, and
 * its booleans are true and false alone. Ranges and words belong to the broker's version, which refuses what it does
 * not take; so does it with names.
 */
export function readConfig(of: ConfigOf, name: string, given: string | number | boolean): PropertyReading {
  const table: Readonly<Record<string, string>> = tables[of];
  switch (Object.hasOwn(table, name) ? table[name] : undefined) {
    case 'boolean':
      return readBoolean(given, { true: ['true'], false: ['false'] });
    case 'short':
      return readNumber(given, name, { kind: 'integer', from: -(2 ** 15), to: 2 ** 15 - 1 });
    case 'int':
      return readNumber(given, name, { kind: 'integer', from: -(2 ** 31), to: 2 ** 31 - 1 });
    case 'long':
      return readNumber(given, name, { kind: 'integer', from: -Infinity, to: Infinity });
    case 'double':
      return readNumber(given, name, { kind: 'float', from: -Infinity, to: Infinity });
    default:
      return { value: String(given) };
  }
}

const minutes = 60_000;

/** One time of a broker by several names: Kafka takes the finest that is given, in milliseconds. */
const coarser: Readonly<Record<string, { readonly name: string; readonly millis: number }>> = {
  'log.retention.minutes': { name: 'log.retention.ms', millis: minutes },
  'log.retention.hours': { name: 'log.retention.ms', millis: 60 * minutes },
  'log.roll.hours': { name: 'log.roll.ms', millis: 60 * minutes },
  'log.roll.jitter.hours': { name: 'log.roll.jitter.ms', millis: 60 * minutes },
};

/** The name that counts, and the value there: `log.retention.hours: 1` is `log.retention.ms: 3600000`. */
export function finestTime(of: ConfigOf, name: string, value: string): { name: string; value: string } {
  const unit = of === 'broker' && Object.hasOwn(coarser, name) ? coarser[name] : undefined;
  if (unit === undefined) return { name, value };
  // −1 is no time, but no limit.
  return { name: unit.name, value: String(Number(value) < 0 ? value : Number(value) * unit.millis) };
}
