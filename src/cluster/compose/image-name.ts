import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../base/package-root.ts';
import { fullVersion } from '../../base/kafka-version.ts';
import type { ClusterRequest } from '../request.ts';

/** The image docker-compose.yml would use: the environment beats .env, as compose itself has it. */
export function imageName(request: Pick<ClusterRequest, 'version'>, env: NodeJS.ProcessEnv): string {
  const settings = { ...dotEnv(), ...env };
  const asked = request.version === undefined ? undefined : fullVersion(request.version);
  return `${settings['KAFKA_IMAGE'] ?? 'apache/kafka'}:${asked ?? settings['KAFKA_VERSION'] ?? '4.3.0'}`;
}

function dotEnv(): Record<string, string> {
  const path = join(packageRoot(), '.env');
  if (!existsSync(path)) return {};
  const lines = readFileSync(path, 'utf8').split('\n');
  return Object.fromEntries(
    lines.flatMap((line) => {
      const match = /^\s*([A-Z][A-Z0-9_]*)\s*=\s*["']?(.*?)["']?\s*$/.exec(line);
      return match ? [[match[1]!, match[2]!] as const] : [];
    }),
  );
}
