import { checkBootstrap } from '../base/bootstrap.ts';
import { BenchError } from '../base/errors.ts';
import { brokersOf, findContainers } from '../cluster/compose/containers.ts';
import { listLocal } from '../cluster/local/manage.ts';

/** KAFKA_BENCH_BOOTSTRAP, else the local cluster that is up, else running compose containers. */
export async function defaultBootstrap(env: NodeJS.ProcessEnv): Promise<string> {
  const given = env['KAFKA_BENCH_BOOTSTRAP'];
  if (given) {
    checkBootstrap(given, 'KAFKA_BENCH_BOOTSTRAP');
    return given;
  }
  const local = listLocal(env)[0];
  if (local) return local.bootstrap;
  const running = (await findContainers(env)).filter((container) => container.running);
  if (running.length > 0)
    return brokersOf(running)
      .map((b) => `${b.host}:${b.port}`)
      .join(',');
  throw new BenchError('usage', 'no cluster to ask', {
    hint: 'give --bootstrap host:port, set KAFKA_BENCH_BOOTSTRAP, or start one with kafka-bench cluster up',
  });
}
