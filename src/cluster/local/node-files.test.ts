import { describe, expect, test } from 'vitest';
import { loggingProperties, nodePaths, serverProperties } from './node-files.ts';
import type { ClusterState, NodeState } from './state.ts';

function cluster(brokers: number, more: Partial<ClusterState> = {}): ClusterState {
  const role = more.controllers === 'dedicated' ? ('broker' as const) : ('combined' as const);
  const nodes: NodeState[] = Array.from({ length: brokers }, (_, i) => ({
    name: `kafka${i + 1}`,
    id: i + 1,
    role,
    ports: { client: 100 + i, controller: 200 + i, proxied: 300 + i, advertised: 400 + i },
    process: null,
  }));
  if (more.controllers === 'dedicated') {
    const ports = { client: 500, controller: 501, proxied: 502, advertised: 503 };
    nodes.push({ name: 'controller1', id: 101, role: 'controller', ports, process: null });
  }
  return {
    ...{
      id: 'x',
      version: '4.3.0',
      created: '',
      owner: null,
      keep: false,
      directory: '/d',
      controllers: 'combined',
    },
    ...{ config: {}, java: 'java', libs: '/l', nodes },
    ...more,
  };
}

const propertiesOf = (state: ClusterState, node: number): Record<string, string> =>
  Object.fromEntries(
    serverProperties(state, state.nodes[node]!)
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const),
  );

describe('what the broker logs with', () => {
  test.each([
    ['3.9.2', '/d/kafka1/log4j.properties', 'log4j.appender.file.File=/d/kafka1/broker.log\n'],
    ['4.0.2', '/d/kafka1/log4j2.properties', 'appender.file.fileName=/d/kafka1/broker.log\n'],
  ])('Kafka %s: %s', (version, file, line) => {
    const paths = nodePaths({ directory: '/d', version }, { name: 'kafka1' });
    expect(paths.logging).toBe(file);
    expect(`\n${loggingProperties(version, paths.log)}`).toContain(`\n${line}`);
  });
});

describe('server.properties', () => {
  test('three combined nodes vote, replicate thrice and need two in sync', () => {
    expect(propertiesOf(cluster(3), 1)).toMatchObject({
      'process.roles': 'broker,controller',
      'node.id': '2',
      'controller.quorum.voters': '1@127.0.0.1:200,2@127.0.0.1:201,3@127.0.0.1:202',
      listeners: 'CLIENT://127.0.0.1:101,PROXIED://127.0.0.1:301,CONTROLLER://127.0.0.1:201',
      'advertised.listeners': 'CLIENT://127.0.0.1:101,PROXIED://127.0.0.1:401',
      'default.replication.factor': '3',
      'offsets.topic.replication.factor': '3',
      'min.insync.replicas': '2',
      'transaction.state.log.min.isr': '2',
    });
  });

  test.each([
    [1, '1', '1'],
    [2, '2', '1'],
    [5, '3', '2'],
  ])('%i brokers replicate %s times and need %s in sync', (brokers, replicas, inSync) => {
    expect(propertiesOf(cluster(brokers), 0)).toMatchObject({
      'default.replication.factor': replicas,
      'min.insync.replicas': inSync,
    });
  });

  test('dedicated controllers vote alone and serve no clients', () => {
    const state = cluster(2, { controllers: 'dedicated' });
    expect(propertiesOf(state, 0)).toMatchObject({
      'process.roles': 'broker',
      'controller.quorum.voters': '101@127.0.0.1:501',
      listeners: 'CLIENT://127.0.0.1:100,PROXIED://127.0.0.1:300',
    });
    const controller = propertiesOf(state, 2);
    expect(controller).toMatchObject({
      'process.roles': 'controller',
      listeners: 'CONTROLLER://127.0.0.1:501',
    });
    expect(controller).not.toHaveProperty('advertised.listeners');
  });

  test('given properties override defaults, but not who the node is', () => {
    const config = { 'num.partitions': '7', 'node.id': '99', 'sasl.jaas': 'a\\b' };
    expect(propertiesOf(cluster(1, { config }), 0)).toMatchObject({
      'num.partitions': '7',
      'node.id': '1',
      'sasl.jaas': 'a\\\\b',
    });
  });
});
