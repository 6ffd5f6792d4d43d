import type { ClientProperties } from './librdkafka-properties.ts';

/** acks as librdkafka reads it from a client's properties; −1 (all in-sync replicas) by default. */
export function acksOf(client: ClientProperties): number {
  const given = client['request.required.acks'] ?? 'all';
  return given === 'all' ? -1 : Number(given);
}
