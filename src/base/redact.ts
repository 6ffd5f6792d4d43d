/** What stands where a secret stood. */
export const redacted = '[redacted]';

// librdkafka's own list: the properties that rdkafka_conf.c (2.15.1) marks _RK_SENSITIVE.
const sensitive = new Set([
  'sasl.oauthbearer.assertion.private.key.file',
  'sasl.oauthbearer.assertion.private.key.passphrase',
  'sasl.oauthbearer.assertion.private.key.pem',
  'sasl.oauthbearer.client.secret',
  'sasl.oauthbearer.config',
  'sasl.password',
  'sasl.username',
  'ssl.ca.pem',
  'ssl.key.location',
  'ssl.key.password',
  'ssl.key.pem',
  'ssl.keystore.password',
  'ssl_key',
]);

/** Whether results and logs must not show this property: librdkafka's list, and what Kafka brokers call secrets. */
export function isSensitive(property: string): boolean {
  return sensitive.has(property) || /password|passphrase|secret|jaas|keystore\.key$/i.test(property);
}

/**
 * Whether the value is a secret by itself, to be scrubbed from any text. A user name or the path of a key is
 * hidden by name only: scrubbing "admin" or "kafka" from every report would ruin it.
 */
export function holdsSecret(property: string): boolean {
  return isSensitive(property) && !/username$|location$|\.file$/.test(property);
}

/** The same properties with sensitive values replaced. */
export function redactConfig<Value>(config: Readonly<Record<string, Value>>): Record<string, Value | string> {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]): [string, Value | string] => [
      key,
      isSensitive(key) ? redacted : value,
    ]),
  );
}

/** Shorter ones are left: to replace every "a" would hide nothing and ruin the text. */
const shortestScrubbed = 4;

/**
 * `text` without any of `secrets` of at least 4 characters: as they are, as JSON and URLs spell them, and line by
 * line for PEM blocks.
 */
export function scrub(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const spelling of spellings(secrets)) clean = clean.replaceAll(spelling, redacted);
  return clean;
}

function spellings(secrets: readonly string[]): string[] {
  const all = new Set<string>();
  for (const secret of secrets) {
    const lines = secret.split(/\r?\n/).filter((line) => line.length >= 16 && !line.startsWith('-----'));
    for (const part of [secret, ...lines]) {
      if (part.trim().length < shortestScrubbed) continue;
      all.add(part).add(JSON.stringify(part).slice(1, -1)).add(encodeURI(part)).add(encodeURIComponent(part));
    }
  }
  // The longest first: one secret may be part of another.
  return [...all].sort((a, b) => b.length - a.length);
}
