/** librdkafka's default of queue.buffering.max.kbytes. */
const defaultKilobytes = 1_048_576;

/** Bytes of values that a producer's queue holds: a larger one never fits. Keys and headers do not count. */
export function queueBytes(config: Readonly<Record<string, unknown>>): number {
  return Number(config['queue.buffering.max.kbytes'] ?? defaultKilobytes) * 1024;
}
