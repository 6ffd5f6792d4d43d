import { checkSecurity } from './admin/security.ts';
import type { Security } from './admin/security.ts';

/**
 * librdkafka's properties for reaching `bootstrap` under `security`, by their own names: what a scenario gives a client
 * goes over them. Throws BenchError for settings it cannot map.
 */
export function clientConfig(bootstrap: string, security?: Security): Record<string, string> {
  if (!security) return { 'bootstrap.servers': bootstrap };
  const { protocol, mechanism } = checkSecurity(security);
  const properties: Record<string, string | undefined> = {
    'bootstrap.servers': bootstrap,
    'security.protocol': protocol.toLowerCase(),
    'sasl.mechanisms': mechanism,
    ...(mechanism && { 'sasl.username': security.username, 'sasl.password': security.password }),
    ...(protocol.endsWith('SSL') && {
      'ssl.ca.location': security.ca,
      'ssl.certificate.location': security.cert,
      'ssl.key.location': security.key,
      'ssl.key.password': security.keyPassword,
    }),
  };
  return Object.fromEntries(
    Object.entries(properties).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, value] as const],
    ),
  );
}
