import { z } from 'zod';
import { count } from './measures.ts';

export const delivery = z.object({
  guarantee: z.enum(['at-most-once', 'at-least-once', 'exactly-once', 'none']),
  verdict: z.enum(['PASS', 'FAIL', 'HANG', 'UNKNOWN', 'VACUOUS', 'NONE']).describe('NONE: not checked'),
  attempted: count,
  acked: count,
  sent: count.describe('acks=0: written to the socket, nothing more is known'),
  rejected: count,
  indeterminate: count,
  present: count.nullable().describe('null until an audit has read the log'),
  lost: count.nullable(),
  absent: count.nullable(),
  unaudited: count.nullable(),
  anomalies: z.record(z.string(), count),
  foreign: count,
  groups: z.array(
    z.object({
      name: z.string(),
      expected: count.nullable(),
      processed: count,
      undelivered: count.nullable(),
      deadLettered: count,
      excused: count,
    }),
  ),
  stages: z.array(z.unknown()),
  witnesses: z.array(z.unknown()),
});
