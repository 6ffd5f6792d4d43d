import { type ConfigOf, finestTime, readConfig } from '../read-config.ts';
import { properties } from './leaf.ts';

/** Properties of topics or brokers in the form that Kafka takes, as text; names that it does not list pass unchanged. */
export const kafkaConfig = (of: ConfigOf) =>
  properties().transform((given, context): Record<string, string> => {
    const names = new Map<string, string>();
    const config: Record<string, string> = {};
    const report = (property: string, message: string, params: Readonly<Record<string, unknown>>): void => {
      context.issues.push({ code: 'custom', path: [property], message, params, input: given[property] });
    };
    for (const [property, value] of Object.entries(given)) {
      const reading = readConfig(of, property, value);
      if (!('value' in reading)) {
        report(property, reading.expected, reading.advice === undefined ? {} : { advice: reading.advice });
        continue;
      }
      const finest = finestTime(of, property, String(reading.value));
      const first = names.get(finest.name);
      if (first !== undefined) {
        const message = `config: ${property} and ${first} are one time in two units; keep one`;
        report(property, message, { sentence: true, at: 'key' });
        continue;
      }
      names.set(finest.name, property);
      config[finest.name] = finest.value;
    }
    return config;
  });
