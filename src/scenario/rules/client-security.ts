import type { ConsumerSpec, ProducerSpec, ScenarioOutput } from '../schema.ts';
import type { Rule } from './rule.ts';

const connectionProperties = [
  { words: /^(enable\.)?ssl\./, protocols: /ssl$/, needs: 'ssl or sasl_ssl' },
  { words: /^(enable\.)?sasl\./, protocols: /^sasl/, needs: 'sasl_ssl or sasl_plaintext' },
] as const;

/**
 * Topics are made, deleted and audited by connections of the harness, which have what `security` says alone. What
 * librdkafka reads for another protocol only has no effect on the client either.
 */
export const securityIsEverybodys: Rule = ({ scenario, problem, warn }) => {
  for (const [path, { name, client }] of clientsOf(scenario)) {
    const protocol = client['security.protocol'] ?? scenario.security?.protocol ?? 'plaintext';
    const properties = Object.keys(client);
    for (const { words, protocols, needs } of connectionProperties) {
      if (protocols.test(String(protocol))) continue;
      for (const property of properties.filter((each) => words.test(each))) {
        const message = `${name}: ${property} is for security.protocol ${needs}, and the client's is ${String(protocol)}`;
        warn('property-without-effect', message);
      }
    }
    if (scenario.security !== undefined || protocol === 'plaintext') continue;
    const [property, ...more] = properties.filter(
      (each) => each === 'security.protocol' || connectionProperties.some(({ words }) => words.test(each)),
    );
    if (property === undefined) continue;
    const what = more.length === 0 ? property : `${property} (and ${more.join(', ')})`;
    const message = `${name}: ${what} in one client's block leaves the harness's own connections without; say it under security: { protocol: … }`;
    problem([...path, property], message, { at: 'key', involves: [['security']] });
  }
};

function clientsOf({
  producers,
  consumers,
}: ScenarioOutput): readonly (readonly [readonly (string | number)[], ProducerSpec | ConsumerSpec])[] {
  return [
    ...producers.map((each, i) => [['producers', i, 'client'], each] as const),
    ...consumers.map((each, i) => [['consumers', i, 'client'], each] as const),
  ];
}
