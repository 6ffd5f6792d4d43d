import type { Micros } from '../../base/clock.ts';
import { BenchError } from '../../base/errors.ts';

/** `in` is client to broker, `out` is broker to client. */
export type Direction = 'in' | 'out';

/** Slows what passes; each part left out is not touched. */
export interface Degrade {
  readonly kind: 'degrade';
  readonly direction?: Direction | 'both' | undefined;
  /** Bytes are handed on this much later than they arrived, each way that `direction` names. */
  readonly latency?: Micros | undefined;
  /** Latency varies uniformly by up to this much either way, never below zero; order is kept. */
  readonly jitter?: Micros | undefined;
  /** Of all connections of the broker together, each way that `direction` names. */
  readonly bytesPerSecond?: number | undefined;
}

/** Resets the broker's connections and refuses new ones. */
export interface Cut {
  readonly kind: 'cut';
}

/**
 * Swallows what arrives, connections stay open and new ones are accepted. A stream with a hole cannot go on: those
 * that lost bytes are reset when the fault is cleared.
 */
export interface Blackhole {
  readonly kind: 'blackhole';
  readonly direction?: Direction | 'both' | undefined;
}

/** Swallows whole requests or responses. What was under way before the fault is left alone. */
export interface Drop {
  readonly kind: 'drop';
  readonly requests?: 'produce' | 'all' | undefined;
  readonly responses?: 'produce' | 'all' | undefined;
  /** Of those that match, from 0 to 1, drawn at random; default 1. */
  readonly share?: number | undefined;
  /** Resets the connection once something of it was swallowed. */
  readonly reset?: boolean | undefined;
}

export type ProxyFault = (Degrade | Cut | Blackhole | Drop) & {
  /** Of jitter and share; a run passes its own. Default 0. */
  readonly seed?: number | undefined;
};

export type ProxyFaultKind = ProxyFault['kind'];

export function directionsOf(fault: Degrade | Blackhole): readonly Direction[] {
  const { direction = 'both' } = fault;
  return direction === 'both' ? ['in', 'out'] : [direction];
}

/** Throws BenchError where a fault asks for nothing, for nonsense, or, with `tls`, for what cannot be read. */
export function checkFault(fault: ProxyFault, { tls }: { readonly tls: boolean }): void {
  switch (fault.kind) {
    case 'degrade': {
      const { latency, jitter, bytesPerSecond } = fault;
      if (latency === undefined && jitter === undefined && bytesPerSecond === undefined)
        throw refused('degrade needs a latency, a jitter or a bandwidth');
      for (const [name, value] of Object.entries({ latency, jitter })) {
        if (value !== undefined && !(value >= 0 && value <= longestLatency))
          throw refused(`degrade: ${name} must be from 0 to 1h`);
      }
      if (bytesPerSecond !== undefined && !(bytesPerSecond >= 1 && Number.isFinite(bytesPerSecond)))
        throw refused('degrade: bandwidth must be at least 1 B/s', 'blackhole lets nothing pass');
      return;
    }
    case 'drop': {
      const { requests, responses, share } = fault;
      if (requests === undefined && responses === undefined)
        throw refused('drop needs requests or responses');
      if (share !== undefined && !(share > 0 && share <= 1))
        throw refused('drop: share must be above 0 % and at most 100 %');
      if (tls) {
        throw refused(
          'drop is not possible on TLS connections: the proxy cannot see where requests begin',
          'use security.protocol plaintext or sasl_plaintext, or degrade, cut or blackhole',
        );
      }
      return;
    }
    case 'cut':
    case 'blackhole':
      return;
  }
}

const longestLatency: Micros = 3600e6;

function refused(message: string, hint?: string): BenchError {
  return new BenchError('scenario', message, hint === undefined ? {} : { hint });
}
