import type { Micros } from '../../base/clock.ts';
import { EVENT_BYTES, eventKinds, EVENTS, EVENTS_AT, messageStatuses, type MessageStatus } from './layout.ts';
import type { TapFile } from './tap-file.ts';

/** Something out of the ordinary. The tap keeps the last 64. */
export interface TapEvent {
  readonly kind: keyof typeof eventKinds;
  /** µs on CLOCK_MONOTONIC. */
  readonly at: Micros;
  readonly sequence: number;
  readonly partition: number;
  readonly offset: number;
  readonly error: number;
  /** Of a produced message. */
  readonly status: MessageStatus;
}

/** The events that are still there, oldest first. One that is being written is left out. */
export function readEvents(file: TapFile): TapEvent[] {
  const ring = Buffer.alloc(EVENTS * EVENT_BYTES);
  file.read(ring, EVENTS_AT, ring.length);
  const names = new Map(Object.entries(eventKinds).map(([name, value]) => [value, name as TapEvent['kind']]));
  const events: TapEvent[] = [];
  for (let at = 0; at < ring.length; at += EVENT_BYTES) {
    const kind = names.get(ring.readUInt32LE(at + 36) as 1);
    if (kind === undefined) continue;
    events.push({
      kind,
      at: Number(ring.readBigUInt64LE(at)) / 1000,
      sequence: Number(ring.readBigUInt64LE(at + 8)),
      offset: Number(ring.readBigInt64LE(at + 16)),
      partition: ring.readInt32LE(at + 24),
      error: ring.readInt32LE(at + 28),
      status: messageStatuses[ring.readUInt32LE(at + 32)] ?? 'not persisted',
    });
  }
  return events.sort((a, b) => a.at - b.at);
}
