import { checkBootstrap, parseBootstrap } from '../../base/bootstrap.ts';
import type { Admin } from './admin.ts';
import { clusterFailure } from './failure.ts';
import { KafkaAdmin } from './kafka-admin.ts';
import { connectionSecurity } from './security.ts';
import type { Security } from './security.ts';
import { Wire } from './wire.ts';

export interface ConnectAdminOptions {
  /** `host:port,host:port` */
  readonly bootstrap: string;
  readonly security?: Security | undefined;
  readonly clientId?: string;
  /** Of one operation with all its retries; 10 s unless told. */
  readonly timeoutMillis?: number;
}

/**
 * An admin client of the cluster at `bootstrap`; resolves once a broker has answered. Every failure, also of later
 * operations, is a BenchError('cluster') naming the bootstrap and the cause. Nothing listening fails in a second,
 * no answer after `timeoutMillis`.
 */
export async function connectAdmin(options: ConnectAdminOptions): Promise<Admin> {
  const wire = await openWire(options);
  const admin = new KafkaAdmin(wire, options.bootstrap);
  try {
    // One round over the bootstrap list: an address where nothing listens does not become right by waiting.
    await wire.retrying(() => admin.refresh(), Math.min(1_000, wire.timeoutMillis));
    return admin;
  } catch (error) {
    await wire.close();
    const secured = options.security !== undefined;
    throw clusterFailure('cannot reach a Kafka broker', options.bootstrap, error, { secured });
  }
}

export async function openWire(options: ConnectAdminOptions): Promise<Wire> {
  checkBootstrap(options.bootstrap, 'bootstrap servers', options.security?.protocol ?? 'plaintext');
  return new Wire({
    bootstrap: parseBootstrap(options.bootstrap),
    clientId: options.clientId ?? 'kafka-bench-admin',
    security: await connectionSecurity(options.security),
    timeoutMillis: options.timeoutMillis ?? 10_000,
  });
}
