import { bootstrapProblem, checkBootstrap } from '../base/bootstrap.ts';
import { BenchError, messageOf } from '../base/errors.ts';
import type { Cluster, ClusterKind } from './cluster.ts';
import {
  composeMisfit,
  composeMissing,
  runningProject,
  startCompose,
  useCompose,
} from './compose/open-compose.ts';
import { notReachable } from './compose/docker.ts';
import { openExternal } from './external/open-external.ts';
import { keptCluster, localMissing, prepareLocal, startLocal } from './local/open-local.ts';
import { openMock } from './mock/open-mock.ts';
import type { ClusterRequest, OpenContext } from './request.ts';

/**
 * Opens the cluster a run asked for. A kind that is named and cannot serve is a BenchError; `auto` takes the first
 * that can and tells in `why` what spoke against those before it.
 */
export async function openCluster(request: ClusterRequest, context: OpenContext): Promise<Cluster> {
  switch (request.kind) {
    case 'external':
      return named.external(request, context);
    case 'compose':
      return named.compose(request, context);
    case 'local':
      return named.local(request, context);
    case 'mock':
      refuseSecurity(request);
      refuseProxy(request, 'mock');
      return openMock(request, context, 'mock, as asked');
    case 'auto':
      return openAuto(request, context);
  }
}

const named = {
  external(request: ClusterRequest, context: OpenContext): Promise<Cluster> {
    const given = givenBootstrap(request, context);
    if (given) {
      refuseProxy(request, 'external');
      return openExternal(request, given.bootstrap, given.why);
    }
    throw new BenchError('cluster', 'an external cluster needs a bootstrap', {
      hint: 'set cluster.bootstrap, --bootstrap or KAFKA_BENCH_BOOTSTRAP to host:port',
    });
  },

  async compose(request: ClusterRequest, context: OpenContext): Promise<Cluster> {
    refuseSecurity(request);
    const misfit = composeMisfit(request, context);
    if (misfit !== undefined) {
      throw new BenchError('cluster', misfit, { hint: 'use cluster: local, which starts what is asked' });
    }
    const project = await runningProject(request, context);
    if ('containers' in project) {
      return useCompose(project.containers, request, context, 'compose project that is up already, as asked');
    }
    if (project.started) {
      throw new BenchError('cluster', project.reason, {
        hint: 'bring it up or down with docker compose first',
      });
    }
    const missing = await composeMissing(request, context.env);
    if (missing !== undefined) {
      throw new BenchError('cluster', `compose cannot serve: ${missing}`, {
        hint: `${missing === notReachable ? 'start Docker' : 'mend that'}, or use cluster: local (Java 17) or mock`,
      });
    }
    return startCompose(request, context, 'compose, as asked');
  },

  async local(request: ClusterRequest, context: OpenContext): Promise<Cluster> {
    refuseSecurity(request);
    const kept = await keptCluster(request, context);
    if (kept) return kept(`, as asked`);
    return startLocal(await prepareLocal(request, context), request, context, ', as asked');
  },
};

async function openAuto(request: ClusterRequest, context: OpenContext): Promise<Cluster> {
  const given = givenBootstrap(request, context);
  if (given) {
    refuseProxy(request, 'external');
    return openExternal(request, given.bootstrap, given.why);
  }
  refuseSecurity(request);
  const against = ['no bootstrap given'];
  const because = () => `: ${against.join(', ')}`;

  const misfit = composeMisfit(request, context);
  const project =
    misfit === undefined ? await runningProject(request, context) : { reason: misfit, started: true };
  if ('containers' in project) {
    try {
      return await useCompose(project.containers, request, context, `running compose project${because()}`);
    } catch (error) {
      if (context.signal?.aborted) throw error;
      against.push(`in the running compose project ${firstLine(messageOf(error))}`);
    }
  } else against.push(project.reason);

  const kept = await keptCluster(request, context);
  if (kept) return kept(because());

  if (!('containers' in project) && !project.started) {
    const missing = await composeMissing(request, context.env);
    try {
      if (missing === undefined)
        return await startCompose(request, context, `compose with Docker${because()}`);
      against.push(missing);
    } catch (error) {
      if (context.signal?.aborted) throw error;
      against.push(firstLine(messageOf(error)));
    }
  }

  try {
    const prepared = await prepareLocal(request, context);
    return await startLocal(prepared, request, context, because());
  } catch (error) {
    // A cluster that was started and failed is an error; no Java or no jars is a reason to go on.
    if (!(error instanceof BenchError) || error.code !== 'setup') throw error;
    against.push(firstLine(error.message));
  }
  if (request.proxy) {
    throw new BenchError('cluster', `no cluster that can have a proxy${because()}`, {
      hint: 'the proxy needs local Kafka: a Java 17 runtime (openjdk-17-jre-headless)',
    });
  }
  return openMock(request, context, `mock${because()}`);
}

function givenBootstrap(
  request: ClusterRequest,
  context: OpenContext,
): { bootstrap: string; why: string } | undefined {
  if (request.bootstrap) return { bootstrap: request.bootstrap, why: 'external cluster: bootstrap given' };
  const bootstrap = context.env['KAFKA_BENCH_BOOTSTRAP'];
  if (!bootstrap) return undefined;
  checkBootstrap(bootstrap, 'KAFKA_BENCH_BOOTSTRAP', request.security?.protocol ?? 'plaintext');
  return { bootstrap, why: 'external cluster: KAFKA_BENCH_BOOTSTRAP' };
}

function refuseSecurity(request: ClusterRequest): void {
  const protocol = request.security?.protocol.toUpperCase();
  if (protocol === undefined || protocol === 'PLAINTEXT') return;
  throw new BenchError(
    'cluster',
    `security.protocol ${protocol} is not yet supported on a cluster that we start`,
    {
      hint: 'give a bootstrap, or remove security',
    },
  );
}

const whyNoProxy = {
  external: 'brokers that we do not start advertise their own addresses, so clients go past it',
  mock: 'the mock advertises its own addresses, so clients go past it',
} as const;

function refuseProxy(request: ClusterRequest, kind: keyof typeof whyNoProxy): void {
  if (!request.proxy) return;
  throw new BenchError('cluster', `the proxy is not possible with cluster: ${kind}: ${whyNoProxy[kind]}`, {
    hint: 'use cluster: { kind: local, proxy: true }',
  });
}

function firstLine(text: string): string {
  return text.split('\n')[0]!;
}

export interface ProviderProbe {
  readonly kind: ClusterKind;
  readonly available: boolean;
  /** What it would use, or what is missing, in one clause. */
  readonly reason: string;
}

/** Which kinds could serve on this machine, in the order `auto` asks them; starts nothing. */
export async function probeProviders(env: NodeJS.ProcessEnv): Promise<ProviderProbe[]> {
  const request: ClusterRequest = { kind: 'auto', controllers: 'combined', config: {} };
  const bootstrap = env['KAFKA_BENCH_BOOTSTRAP'];
  const wrong = bootstrap ? bootstrapProblem(bootstrap) : null;
  const [compose, local] = await Promise.all([composeMissing(request, env), localMissing(env)]);
  return [
    {
      kind: 'external',
      available: Boolean(bootstrap) && wrong === null,
      reason:
        wrong === null ? bootstrap || 'KAFKA_BENCH_BOOTSTRAP not set' : `KAFKA_BENCH_BOOTSTRAP: ${wrong}`,
    },
    { kind: 'compose', available: compose === undefined, reason: compose ?? 'Docker engine and image found' },
    { kind: 'local', available: local.available, reason: local.reason },
    { kind: 'mock', available: true, reason: "librdkafka's in-process mock: no replication, 4 partitions" },
  ];
}
