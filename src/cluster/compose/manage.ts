import { BenchError } from '../../base/errors.ts';
import { command, composeCommand, engineMissing, notReachable } from './docker.ts';
import { releaseProject } from './left-project.ts';

/** `docker compose down` for docker-compose.yml; the brokers' data stays unless told. */
export async function composeDown(
  env: NodeJS.ProcessEnv,
  options: { removeData?: boolean } = {},
): Promise<void> {
  const engine = await engineMissing(env);
  if (engine !== undefined)
    throw new BenchError('cluster', engine, {
      ...(engine === notReachable && { hint: 'start Docker or set DOCKER_HOST' }),
    });
  const compose = await composeCommand(env);
  if (!compose) throw new BenchError('cluster', 'neither docker compose nor docker-compose is installed');
  const args = [...compose.words.slice(1), 'down', ...(options.removeData === true ? ['-v'] : [])];
  const result = await command(compose.words[0]!, args, { env, timeoutMillis: 120_000 });
  if (!result.ok) throw new BenchError('cluster', `docker compose down failed: ${result.reason}`);
  releaseProject(env);
}
