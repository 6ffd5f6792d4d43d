import { join } from 'node:path';
import { parse } from 'yaml';
import { packageRoot } from '../../base/package-root.ts';
import { fullVersion } from '../../base/kafka-version.ts';
import type { ClusterRequest } from '../request.ts';
import { serviceNames } from './containers.ts';
import { command } from './docker.ts';

/** `-f FILE`: docker-compose.yml. */
export const composeFile = ['-f', join(packageRoot(), 'docker-compose.yml')];

/** What docker-compose.yml is read with: a version that is asked for beats the environment, which beats .env. */
export function composeEnvironment(
  { version }: Pick<ClusterRequest, 'version'>,
  env: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  return { ...env, ...(version !== undefined && { KAFKA_VERSION: fullVersion(version) }) };
}

/** The image of the brokers, as compose itself reads its file and .env; or why it cannot read them. */
export async function composeImage(
  words: readonly string[],
  request: Pick<ClusterRequest, 'version'>,
  env: NodeJS.ProcessEnv,
): Promise<{ image: string } | { reason: string }> {
  const [file, ...rest] = words;
  const config = await command(file!, [...rest, ...composeFile, 'config'], {
    env: composeEnvironment(request, env),
  });
  if (!config.ok) return { reason: `docker-compose.yml cannot be read: ${config.reason}` };
  const { services } = (parse(config.stdout) ?? {}) as { services?: Record<string, { image?: string }> };
  const image = services?.[serviceNames[0]]?.image;
  return image === undefined ? { reason: 'docker-compose.yml names no image of kafka1' } : { image };
}
