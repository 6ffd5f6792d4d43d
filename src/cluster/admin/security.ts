import { readFile } from 'node:fs/promises';
import type { SASLOptions } from '@platformatic/kafka';
import { BenchError, messageOf } from '../../base/errors.ts';

/** How a client proves itself; names as in a scenario's `security`. Files are paths of PEM files. */
export interface Security {
  /** `PLAINTEXT`, `SSL`, `SASL_PLAINTEXT` or `SASL_SSL`, in either case. */
  readonly protocol: string;
  /** `PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`. */
  readonly mechanism?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly keyPassword?: string | undefined;
}

export const securityProtocols = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const;
export type SecurityProtocol = (typeof securityProtocols)[number];

export const saslMechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;
export type SaslMechanism = (typeof saslMechanisms)[number];

/** The protocol and, for SASL, the mechanism in Kafka's spelling. Throws BenchError for anything else. */
export function checkSecurity(security: Security): { protocol: SecurityProtocol; mechanism?: SaslMechanism } {
  const protocol = securityProtocols.find((known) => known === security.protocol.toUpperCase());
  if (protocol === undefined) {
    throw new BenchError('cluster', `security.protocol "${security.protocol}" is not known`, {
      hint: `use one of ${securityProtocols.join(', ')}`,
    });
  }
  if (!protocol.startsWith('SASL')) return { protocol };
  const wanted = (security.mechanism ?? 'PLAIN').toUpperCase();
  const mechanism = saslMechanisms.find((known) => known === wanted);
  if (mechanism === undefined) {
    throw new BenchError('cluster', `security.mechanism "${security.mechanism ?? ''}" is not supported`, {
      hint: `use one of ${saslMechanisms.join(', ')}`,
    });
  }
  if (security.username === undefined || security.password === undefined) {
    throw new BenchError('cluster', `${protocol} needs security.username and security.password`, {
      hint: 'set both, for instance with ${env:KAFKA_USERNAME} and ${env:KAFKA_PASSWORD}',
    });
  }
  return { protocol, mechanism };
}

export interface ConnectionSecurity {
  readonly tls?: { ca?: Buffer; cert?: Buffer; key?: Buffer; passphrase?: string };
  readonly sasl?: SASLOptions;
}

/** Security settings as the pure-JavaScript client takes them; reads the PEM files. */
export async function connectionSecurity(security: Security | undefined): Promise<ConnectionSecurity> {
  if (security === undefined) return {};
  const { protocol, mechanism } = checkSecurity(security);
  const sasl: SASLOptions | undefined = mechanism && {
    mechanism,
    username: security.username!,
    password: security.password!,
  };
  if (!protocol.endsWith('SSL')) return sasl ? { sasl } : {};
  const tls = {
    ...(security.ca !== undefined && { ca: await readPem('ca', security.ca) }),
    ...(security.cert !== undefined && { cert: await readPem('cert', security.cert) }),
    ...(security.key !== undefined && { key: await readPem('key', security.key) }),
    ...(security.keyPassword !== undefined && { passphrase: security.keyPassword }),
  };
  return { tls, ...(sasl && { sasl }) };
}

async function readPem(setting: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new BenchError('cluster', `cannot read security.${setting}: ${messageOf(error)}`, {
      hint: 'give the path of a PEM file',
      cause: error,
    });
  }
}
