/** acks as librdkafka reads it from a client's properties; −1 (all in-sync replicas) by default. */
export function acksOf(client: Readonly<Record<string, string | number | boolean>>): number {
  const given = client['acks'] ?? client['request.required.acks'] ?? -1;
  return given === 'all' ? -1 : Number(given);
}
