import type { Path } from '../problem.ts';
import { nearest } from '../../base/nearest.ts';
import { librdkafkaProperties } from '../librdkafka-properties.ts';
import type { RuleContext, Rule } from './rule.ts';

/** Properties that the harness sets itself, and where the scenario says the same. */
const owned: Readonly<Record<string, string>> = {
  'bootstrap.servers': 'use cluster: { bootstrap: … }',
  'metadata.broker.list': 'use cluster: { bootstrap: … }',
  'group.id': 'use group: … on the consumer',
  'transactional.id': 'use transactions: … on the producer',
  'enable.partition.eof': 'the harness needs it itself',
  'delivery.report.only.error': 'the harness needs every delivery report',
  'test.mock.num.brokers': 'use cluster: { kind: mock, brokers: N }',
  'plugin.library.paths': 'the harness loads its own plugin',
  interceptors: 'the harness installs its own',
  opaque: 'the harness needs it itself',
  default_topic_conf: 'topic properties stand beside the others',
  ssl_engine_callback_data: 'it is no value that a file can hold',
  ssl_certificate: 'it is no value that a file can hold; use ssl.certificate.pem',
  ssl_key: 'it is no value that a file can hold; use ssl.key.pem',
  ssl_ca: 'it is no value that a file can hold; use ssl.ca.pem',
};

function checkClient(context: RuleContext, path: Path, client: Readonly<Record<string, unknown>>): void {
  for (const property of Object.keys(client)) {
    const callback = property.endsWith('_cb') || property === 'msg_order_cmp';
    const reason = callback
      ? 'callbacks belong to the harness'
      : Object.hasOwn(owned, property) && owned[property];
    const at = 'key';
    if (reason) {
      context.problem([...path, property], `client must not set ${property}: ${reason}`, { at });
    } else if (!librdkafkaProperties.has(property)) {
      const near = nearest(property, librdkafkaProperties);
      const hint = near === undefined ? '' : `; did you mean "${near}"?`;
      const message = `librdkafka has no property "${property}"${hint}`;
      context.problem([...path, property], message, near === undefined ? { at } : { at, nearest: near });
    }
  }
}

export const clientProperties: Rule = (context) => {
  const { producers, consumers, pipelines } = context.scenario;
  for (const [i, { client }] of producers.entries()) checkClient(context, ['producers', i, 'client'], client);
  for (const [i, { client }] of consumers.entries()) checkClient(context, ['consumers', i, 'client'], client);
  for (const [i, { client }] of pipelines.entries()) {
    for (const side of ['consumer', 'producer'] as const) {
      if (client?.[side]) checkClient(context, ['pipelines', i, 'client', side], client[side]);
    }
  }
};

/** Kafka answers a second member with the same static id by fencing the first. */
export const staticMembersAreUnique: Rule = ({ scenario, problem }) => {
  for (const [i, { client, count, name }] of scenario.consumers.entries()) {
    if (client['group.instance.id'] === undefined || count === 1) continue;
    const message = `the ${count} clients of ${name} would share one group.instance.id and fence each other; use count: 1`;
    problem(['consumers', i, 'client', 'group.instance.id'], message, {
      at: 'key',
      involves: [['consumers', i, 'count']],
    });
  }
};

export const somethingToDo: Rule = ({ scenario, problem }) => {
  if (scenario.producers.length + scenario.consumers.length + scenario.pipelines.length > 0) return;
  const message = 'nothing to do: a scenario needs at least one producer or consumer';
  problem([], message, { involves: [[], ['producers'], ['consumers'], ['pipelines']] });
};

export const namesAreUnique: Rule = ({ scenario, problem }) => {
  const seen = new Map<string, string>();
  for (const list of ['producers', 'consumers', 'pipelines'] as const) {
    for (const [i, { name }] of scenario[list].entries()) {
      const other = seen.get(name);
      if (other === undefined) seen.set(name, list);
      else
        problem(
          [list, i, 'name'],
          `the name "${name}" is taken by one of the ${other}; expect could not tell them apart`,
        );
    }
  }
};
