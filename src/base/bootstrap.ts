import { BenchError } from './errors.ts';

/** A broker to begin with. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

const schemes = ['plaintext', 'ssl', 'sasl_plaintext', 'sasl_ssl'];
const entryForm =
  /^(?:([a-z0-9_+.-]+):\/\/)?(?:\[([0-9a-f:.]+(?:%[\w.-]+)?)\]|([^\s:,[\]/@?#%]+))(?::(\d+))?$/i;

/** Kafka's port where none is given. */
const defaultPort = 9092;

/**
 * What is wrong with a list of bootstrap servers, `host:port,host:port`, or null. Spaces around entries, `[::1]:9092` and
 * a scheme that is the security protocol's name are right.
 * @param protocol of the connection, where it is known: librdkafka refuses an address with another one's scheme
 */
export function bootstrapProblem(bootstrap: string, protocol?: string): string | null {
  for (const entry of bootstrap.split(',')) {
    const [, scheme, , , port] = entryForm.exec(entry.trim()) ?? [];
    if (!entryForm.test(entry.trim())) {
      // Whoever writes a URL may write a password into it.
      const shown = entry.replace(/\/\/[^/]*@/, '//…@');
      return `expected host:port, or several with commas, got "${shown}"`;
    }
    if (port !== undefined && !(Number(port) >= 1 && Number(port) <= 65_535)) {
      return `expected a port from 1 to 65535, got "${entry}"`;
    }
    const named = scheme?.toLowerCase();
    if (named === undefined) continue;
    if (!schemes.includes(named))
      return `expected no scheme, or one of ${schemes.join(', ')}, got "${entry}"`;
    if (protocol !== undefined && named !== protocol.toLowerCase()) {
      return `"${entry}" contradicts security.protocol ${protocol.toLowerCase()}; leave the scheme out`;
    }
  }
  return null;
}

/** @param source the flag or variable that it was given by. @throws BenchError `usage` */
export function checkBootstrap(bootstrap: string, source: string, protocol?: string): void {
  const problem = bootstrapProblem(bootstrap, protocol);
  if (problem === null) return;
  throw new BenchError('usage', `${source}: ${problem}`, {
    hint: 'such as localhost:9092 or broker1:9092,broker2:9092',
  });
}

/** The entries of a list that has no problem. */
export function parseBootstrap(bootstrap: string): Address[] {
  return bootstrap.split(',').flatMap((entry) => {
    const [whole, , bracketed, name, port] = entryForm.exec(entry.trim()) ?? [];
    if (whole === undefined) return [];
    return [{ host: bracketed ?? name!, port: Number(port ?? defaultPort) }];
  });
}

/** The list without spaces, as librdkafka takes it. */
export const withoutSpaces = (bootstrap: string): string =>
  bootstrap
    .split(',')
    .map((entry) => entry.trim())
    .join(',');
