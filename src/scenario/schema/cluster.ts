import { z } from 'zod';
import { clusterWords, controllerChoices } from '../../base/choices.ts';
import { versionForm, versionPattern } from '../../base/kafka-version.ts';
import { kafkaConfig } from './kafka-config.ts';
import { choice, count, flag, list, mapping, text, textProperties, word } from './leaf.ts';

const kind = () => word(clusterWords);

// A number that YAML would respell (4.0, 4.10) comes as it was written.
const kafkaVersion = () =>
  choice(versionForm, [z.string().check(z.regex(versionPattern, { error: versionForm })), z.number()])
    .transform(String)
    .check(z.regex(versionPattern, { error: versionForm }));

const clusterMapping = mapping({
  kind: kind()
    .describe('Who provides the brokers. auto takes the first that can serve; external starts nothing.')
    .exactOptional(),
  brokers: count(1).describe('How many brokers to start.').exactOptional(),
  controllers: word(controllerChoices)
    .describe(
      'combined (default): each node is broker and controller. dedicated: controllers are nodes of their own.',
    )
    .prefault('combined'),
  version: kafkaVersion()
    .describe('Kafka version to start, from 3.7 on: a line such as 3.9 or a release.')
    .exactOptional(),
  bootstrap: text('host:port, or several with commas')
    .describe('host:port,host:port of a cluster that already runs; without kind it means external.')
    .exactOptional(),
  config: kafkaConfig('broker').describe('Broker properties, as in server.properties.').prefault({}),
  containers: textProperties()
    .describe('Container of each broker, for faults on an external cluster.')
    .exactOptional(),
  commands: textProperties()
    .describe('Commands that inject and heal faults on an external cluster.')
    .exactOptional(),
  proxy: flag().describe('Advertise brokers through the built-in TCP proxy.').exactOptional(),
});

/** The short forms (`mock`, `{ bootstrap }`) end in the long one. */
export const cluster = () =>
  choice(`${clusterWords.join(', ')} or a mapping`, [kind(), clusterMapping])
    .transform((given) => {
      const long =
        typeof given === 'string' ? { kind: given, controllers: 'combined' as const, config: {} } : given;
      const bootstrap = 'bootstrap' in long;
      // Given a bootstrap, auto takes it first: the same as external.
      const chosen: (typeof clusterWords)[number] =
        long.kind === undefined || long.kind === 'auto' ? (bootstrap ? 'external' : 'auto') : long.kind;
      return { ...long, kind: chosen };
    })
    .describe('Where Kafka comes from.');

const protocols = ['plaintext', 'ssl', 'sasl_plaintext', 'sasl_ssl'] as const;
const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'GSSAPI', 'OAUTHBEARER'] as const;

export const security = () =>
  mapping({
    protocol: word(protocols).describe('Security protocol of the connection.'),
    mechanism: word(mechanisms).describe('SASL mechanism.').exactOptional(),
    username: text().describe('SASL user name; ${env:NAME} keeps it out of the file.').exactOptional(),
    password: text()
      .describe('SASL password; ${env:NAME} or ${file:PATH} keeps it out of the file.')
      .exactOptional(),
    ca: text().describe('File of the certificate authority (PEM).').exactOptional(),
    cert: text().describe("File of the client's certificate (PEM).").exactOptional(),
    key: text().describe("File of the client's private key (PEM).").exactOptional(),
    keyPassword: text().describe('Password of the private key.').exactOptional(),
    clientAuth: word(['none', 'requested', 'required'])
      .describe('Whether brokers that we start ask clients for a certificate.')
      .exactOptional(),
  }).describe('How clients connect.');

export const topics = () =>
  list(
    mapping({
      name: text('a topic name').describe(
        'Created for each trial under a unique name, unless reuse is true.',
      ),
      partitions: count(1).describe("Partitions; default: the broker's num.partitions.").exactOptional(),
      replicationFactor: count(1)
        .describe("Replicas of each partition; default: the broker's default.replication.factor.")
        .exactOptional(),
      config: kafkaConfig('topic').describe('Topic properties, such as min.insync.replicas.').prefault({}),
      reuse: flag().describe('Use the topic under this very name, and leave it.').prefault(false),
    }),
    'a list of topics',
  ).describe(
    'Topics to create. What producers and consumers name need not be listed: then broker defaults hold.',
  );
