import { join } from 'node:path';
import { logsByLog4j1 } from '../../base/kafka-version.ts';
import type { ClusterState, NodeState } from './state.ts';

/** Where one node keeps what it needs; all of it goes with the cluster's directory. */
export function nodePaths(state: Pick<ClusterState, 'directory' | 'version'>, node: Pick<NodeState, 'name'>) {
  const home = join(state.directory, node.name);
  return {
    home,
    data: join(home, 'data'),
    properties: join(home, 'server.properties'),
    logging: join(home, logsByLog4j1(state.version) ? 'log4j.properties' : 'log4j2.properties'),
    /** The broker's own log, and what the JVM says outside it. */
    log: join(home, 'broker.log'),
    console: join(home, 'console.log'),
  };
}

/** server.properties of one node. `state.config` overrides everything but identity and listeners. */
export function serverProperties(state: ClusterState, node: NodeState): string {
  const controllers = state.nodes.filter((n) => n.role !== 'broker');
  const brokers = state.nodes.filter((n) => n.role !== 'controller').length;
  const replicas = Math.min(3, brokers);
  const inSync = brokers >= 3 ? 2 : 1;
  const defaults = {
    'num.partitions': 3,
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 12,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': 12,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    // Leaders return within seconds after a broker does; the default is five minutes.
    'leader.imbalance.check.interval.seconds': 5,
    // Nothing is deleted during a run, so that the audit can read from the first offset.
    'log.retention.ms': -1,
    'log.retention.check.interval.ms': 3_600_000,
    'controlled.shutdown.enable': true,
    'delete.topic.enable': true,
    'num.recovery.threads.per.data.dir': 2,
  };
  return format({ ...defaults, ...state.config, ...identity(state, node, controllers) });
}

function identity(state: ClusterState, node: NodeState, controllers: readonly NodeState[]) {
  const { client, controller, proxied, advertised } = node.ports;
  const broker = node.role !== 'controller';
  const listeners = [
    ...(broker ? [`CLIENT://127.0.0.1:${client}`, `PROXIED://127.0.0.1:${proxied}`] : []),
    ...(node.role !== 'broker' ? [`CONTROLLER://127.0.0.1:${controller}`] : []),
  ];
  return {
    'process.roles': node.role === 'combined' ? 'broker,controller' : node.role,
    'node.id': node.id,
    'controller.quorum.voters': controllers.map((c) => `${c.id}@127.0.0.1:${c.ports.controller}`).join(','),
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CLIENT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT',
    listeners: listeners.join(','),
    ...(broker && {
      // Behind PROXIED stands the proxy: brokers listen on one port and advertise the other.
      'advertised.listeners': `CLIENT://127.0.0.1:${client},PROXIED://127.0.0.1:${advertised}`,
      'inter.broker.listener.name': 'CLIENT',
    }),
    'log.dirs': nodePaths(state, node).data,
  };
}

/** The file that `nodePaths` calls `logging`, in the form that the broker's logger reads. */
export function loggingProperties(version: string, logFile: string): string {
  if (logsByLog4j1(version)) {
    return format({
      'log4j.rootLogger': 'INFO, file',
      'log4j.appender.file': 'org.apache.log4j.FileAppender',
      'log4j.appender.file.File': logFile,
      'log4j.appender.file.layout': 'org.apache.log4j.PatternLayout',
      'log4j.appender.file.layout.ConversionPattern': '[%d] %p %m (%c)%n',
    });
  }
  return format({
    'appender.file.type': 'File',
    'appender.file.name': 'file',
    'appender.file.fileName': logFile,
    'appender.file.layout.type': 'PatternLayout',
    'appender.file.layout.pattern': '[%d] %p %m (%c)%n',
    'rootLogger.level': 'INFO',
    'rootLogger.appenderRef.file.ref': 'file',
  });
}

/** java.util.Properties: a backslash in a value escapes, line ends end it. */
function format(properties: Record<string, string | number | boolean>): string {
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${String(value).replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}\n`)
    .join('');
}
