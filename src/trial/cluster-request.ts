import type { ClusterRequest } from '../cluster/request.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { RunOptions } from './run-options.ts';

/** The scenario's cluster, as flags override it: a bootstrap given by hand wins over everything. */
export function clusterRequest(
  scenario: Scenario,
  flags: Pick<RunOptions, 'bootstrap' | 'cluster'>,
): ClusterRequest {
  const { kind, brokers, controllers, version, bootstrap, config, proxy } = scenario.cluster;
  return {
    kind: flags.bootstrap === undefined ? (flags.cluster ?? kind) : 'external',
    brokers,
    controllers,
    version,
    bootstrap: flags.bootstrap ?? bootstrap,
    config,
    security: scenario.security,
    proxy,
  };
}
