import type { PropertyName } from '../librdkafka-properties.ts';

/** Properties of Kafka's Java client that librdkafka has under a name that does not look alike; the value stays. */
const renamed = {
  'max.request.size': 'message.max.bytes',
  'fetch.max.wait.ms': 'fetch.wait.max.ms',
  'compression.gzip.level': 'compression.level',
  'compression.lz4.level': 'compression.level',
  'compression.zstd.level': 'compression.level',
} as const satisfies Readonly<Record<string, PropertyName>>;

const serializer = 'what is sent is said under key: and value: of the producer';
const deserializer = 'messages are read as value: of the producer says';
const truststore = 'use security: { ca: … } with a PEM file';

/** Those that have no counterpart, or one of another form, and what to write. */
const others: Readonly<Record<string, string>> = {
  'buffer.memory': 'use queue.buffering.max.kbytes, in kilobytes',
  'max.block.ms': 'leave it out: a producer whose queue is full waits',
  'default.api.timeout.ms': 'use socket.timeout.ms, which bounds each request',
  'partitioner.class': 'use partitioner; murmur2_random is what the Java client does',
  'key.serializer': serializer,
  'value.serializer': serializer,
  'key.deserializer': deserializer,
  'value.deserializer': deserializer,
  'interceptor.classes': 'leave it out: classes are of the Java client alone',
  'ssl.truststore.location': truststore,
  'ssl.truststore.password': truststore,
  'ssl.truststore.type': truststore,
  'ssl.truststore.certificates': 'use security: { ca: … }, or ssl.ca.pem',
  'ssl.keystore.certificate.chain': 'use security: { cert: … }, or ssl.certificate.pem',
  'ssl.keystore.key': 'use security: { key: … }, or ssl.key.pem',
  'ssl.keystore.type': 'leave it out: ssl.keystore.location is of PKCS#12',
  'sasl.jaas.config': 'use security: { mechanism, username, password }',
};

/** Every property that this file answers for. */
export const javaProperties: readonly string[] = [...Object.keys(renamed), ...Object.keys(others)];

/** What to write instead of a property of the Java client; `use` where it is another name and nothing else. */
export function insteadOfJava(
  property: string,
): { readonly use: PropertyName } | { readonly advice: string } | null {
  if (Object.hasOwn(renamed, property)) return { use: renamed[property as keyof typeof renamed] };
  const advice = Object.hasOwn(others, property) ? others[property] : undefined;
  return advice === undefined ? null : { advice };
}
