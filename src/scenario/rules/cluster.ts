import { bootstrapProblem } from '../../base/bootstrap.ts';
import { hasConsumerProtocol } from '../../base/kafka-version.ts';
import { nearest } from '../../base/nearest.ts';
import { configNames } from '../read-config.ts';
import type { Rule } from './rule.ts';

export const clusterAndBootstrap: Rule = ({ scenario, bootstrapGiven, says, problem }) => {
  const { cluster, security: { protocol = 'plaintext' } = {} } = scenario;
  const path = ['cluster', 'bootstrap'];
  if (cluster.kind === 'external') {
    if (cluster.bootstrap === undefined && !bootstrapGiven) {
      const message =
        'cluster: external needs bootstrap: "host:port" (or KAFKA_BENCH_BOOTSTRAP in the environment)';
      problem(['cluster'], message, { at: 'key', involves: [path] });
    }
    for (const key of ['brokers', 'controllers', 'version', 'config']) {
      if (!says(['cluster', key])) continue;
      problem(
        ['cluster', key],
        `cluster.${key} is for clusters that kafka-bench starts, not for an external one`,
        { at: 'key' },
      );
    }
  } else if (cluster.bootstrap !== undefined) {
    problem(
      path,
      `cluster.bootstrap names a running cluster, but kind ${cluster.kind} starts one; leave one of them out`,
      {
        at: 'key',
        involves: [['cluster', 'kind']],
      },
    );
  }
  const wrong = cluster.bootstrap === undefined ? null : bootstrapProblem(cluster.bootstrap, protocol);
  if (wrong !== null) problem(path, `cluster.bootstrap: ${wrong}`, { involves: [['security']] });
};

/** librdkafka waits for ever, without a word, where brokers do not have the protocol. */
export const consumerProtocolIsThere: Rule = ({ scenario, bootstrapGiven, problem }) => {
  const { version } = scenario.cluster;
  if (version === undefined || bootstrapGiven || hasConsumerProtocol(version)) return;
  for (const [i, { name, group, client }] of scenario.consumers.entries()) {
    if (group === undefined || client['group.protocol'] !== 'consumer') continue;
    const message = `${name}: group.protocol: consumer needs brokers from Kafka 4.0 on, and cluster.version is ${version}; leave it out, or take a later version`;
    problem(['consumers', i, 'client', 'group.protocol'], message, {
      at: 'key',
      involves: [['cluster', 'version']],
    });
  }
};

/** Kafka logs a broker property that it does not know, and starts without it. */
export const brokerPropertiesAreKnown: Rule = ({ scenario: { cluster }, warn }) => {
  const known = configNames('broker');
  for (const name of Object.keys(cluster.config)) {
    if (known.includes(name)) continue;
    const near = nearest(name, known);
    if (near === undefined) continue;
    const message = `cluster.config: Kafka ignores broker properties that it does not know; did you mean "${near}" by "${name}"?`;
    warn('unknown-broker-property', message);
  }
};

export const mockHasNoConfiguration: Rule = ({ scenario: { cluster, topics }, says, problem, warn }) => {
  if (cluster.kind !== 'mock') return;
  const configured = topics.filter(({ config }) => Object.keys(config).length > 0);
  if (configured.length > 0) {
    const names = configured.map(({ name }) => name).join(', ');
    warn('mock-topic-config', `the mock cluster ignores the config of topics (${names})`);
  }
  for (const key of ['controllers', 'version', 'config']) {
    if (says(['cluster', key]))
      problem(['cluster', key], `the mock cluster has no ${key}; use kind: local`, { at: 'key' });
  }
};

export const securityFits: Rule = ({ scenario: { security }, problem }) => {
  if (!security) return;
  const sasl = security.protocol.startsWith('sasl_');
  const tls = security.protocol.endsWith('ssl');
  const involves = [['security', 'protocol']];
  if (sasl && security.mechanism === undefined) {
    problem(['security'], `security.protocol ${security.protocol} needs a mechanism, such as SCRAM-SHA-512`, {
      at: 'key',
      involves: [...involves, ['security', 'mechanism']],
    });
  }
  for (const key of ['mechanism', 'username', 'password'] as const) {
    if (!sasl && security[key] !== undefined) {
      const message = `security.${key} needs protocol sasl_ssl or sasl_plaintext, not ${security.protocol}`;
      problem(['security', key], message, { at: 'key', involves });
    }
  }
  for (const key of ['ca', 'cert', 'key', 'keyPassword'] as const) {
    if (tls || security[key] === undefined) continue;
    problem(['security', key], `security.${key} needs protocol ssl or sasl_ssl, not ${security.protocol}`, {
      at: 'key',
      involves,
    });
  }
  const byPassword = security.mechanism === 'PLAIN' || security.mechanism?.startsWith('SCRAM');
  for (const key of ['username', 'password'] as const) {
    if (!sasl || !byPassword || security[key] !== undefined) continue;
    const message = `security.mechanism ${security.mechanism!} needs a ${key}`;
    problem(['security', 'mechanism'], message, { at: 'key', involves: [...involves, ['security', key]] });
  }
  for (const [key, other] of [
    ['cert', 'key'],
    ['key', 'cert'],
    ['keyPassword', 'key'],
  ] as const) {
    if (security[key] === undefined || security[other] !== undefined) continue;
    problem(['security', key], `security.${key} needs security.${other} beside it`, {
      at: 'key',
      involves: [['security', other]],
    });
  }
};
