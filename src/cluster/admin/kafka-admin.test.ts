import { NetworkError, ResponseError } from '@platformatic/kafka';
import { describe, expect, it } from 'vitest';
import { kafkaErrors } from './failure.ts';
import { KafkaAdmin } from './kafka-admin.ts';
import { requests } from './requests.ts';
import { Wire, type Address, type Versions } from './wire.ts';

const brokers = [
  { host: 'first', port: 9092 },
  { host: 'second', port: 9092 },
];

type Answer = (request: string, broker: string) => unknown;

/** A wire whose brokers answer what the test says. */
class ScriptedWire extends Wire {
  readonly asked: unknown[][] = [];
  readonly #answer: Answer;

  constructor(answer: Answer) {
    super({ bootstrap: brokers, clientId: 'test', security: {}, timeoutMillis: 3000 });
    this.#answer = answer;
  }

  override async at<Args extends unknown[], Response>(
    broker: Address,
    versions: Versions<Args, Response>,
    ...args: Args
  ): Promise<Response> {
    this.asked.push([broker.host, ...args]);
    const [request] = Object.entries(requests).find(([, each]) => (each as unknown) === versions)!;
    const answer = await Promise.resolve(this.#answer(request, broker.host));
    if (answer instanceof Error) throw answer;
    return answer as Response;
  }
}

const metadata = {
  brokers: brokers.map(({ host, port }, nodeId) => ({ nodeId, host, port })),
  topics: [{ name: 't', errorCode: 0, partitions: [{ partitionIndex: 0, leaderId: 1 }] }],
};
const noTopic = { ...metadata, topics: [{ name: 't', errorCode: 3, partitions: [] }] };
const refused = (code: number) => new ResponseError(19, 7, { '/topics/0': [code, 'as the test says'] }, {});
const lost = () => new NetworkError('Connection closed');
const unreachable = () => Object.assign(new NetworkError('connect failed'), { code: 'ECONNREFUSED' });

const topic = { name: 't', partitions: 1, replicationFactor: 1, config: {} };

describe('creating a topic', () => {
  const create = (answers: Record<string, () => unknown>) => {
    const wire = new ScriptedWire((request, host) =>
      request === 'createTopics' ? answers[host]!() : metadata,
    );
    return new KafkaAdmin(wire, 'first:9092').createTopic(topic);
  };

  it('has succeeded where a broker’s answer was lost and the next one finds the topic there', async () => {
    await expect(
      create({ first: lost, second: () => refused(kafkaErrors.topicAlreadyExists) }),
    ).resolves.toBeUndefined();
  });

  it('has succeeded where a broker ran out of time and finds the topic there when asked again', async () => {
    const answers = [refused(7), refused(kafkaErrors.topicAlreadyExists)];
    await expect(create({ first: () => answers.shift() })).resolves.toBeUndefined();
  });

  it('fails where the topic was there before', async () => {
    const exists = () => refused(kafkaErrors.topicAlreadyExists);
    await expect(create({ first: exists })).rejects.toThrow('as the test says');
    // Nothing had been asked of a broker where nothing listens.
    await expect(create({ first: unreachable, second: exists })).rejects.toThrow('as the test says');
  });
});

describe('whether a broker serves', () => {
  const three = [...brokers, { host: 'third', port: 9092 }].map((each, i) => ({ nodeId: i + 1, ...each }));
  const without = (id: number) => ({ brokers: three.filter(({ nodeId }) => nodeId !== id), topics: [] });
  const all = without(0);
  const serves = (answers: Record<string, () => unknown>) =>
    new KafkaAdmin(new ScriptedWire((_, host) => answers[host]!()), 'first:9092').serves(1);

  it('is so where it and most others list it', async () => {
    expect(await serves({ first: () => all, second: () => all, third: () => all })).toBe(true);
    expect(await serves({ first: () => all, second: unreachable, third: () => all })).toBe(true);
  });

  it('is not so while it alone believes it: after a partition it lists itself before the others do', async () => {
    const cutOff = () => without(1);
    expect(await serves({ first: () => all, second: cutOff, third: cutOff })).toBe(false);
    expect(await serves({ first: () => all, second: cutOff, third: unreachable })).toBe(false);
  });

  it('is its own word where no other answers', async () => {
    expect(await serves({ first: () => all, second: unreachable, third: unreachable })).toBe(true);
    const alone = () => ({ brokers: three.slice(0, 1), topics: [] });
    expect(await serves({ first: alone })).toBe(true);
  });

  it('is not so where it does not answer', async () => {
    expect(await serves({ first: unreachable, second: () => all, third: () => all })).toBe(false);
  });
});

describe('configurations of topics', () => {
  const told = (resourceName: string, errorCode = 0) => ({
    ...{ resourceType: 2, resourceName, errorCode, errorMessage: null },
    configs: errorCode === 0 ? [{ name: 'cleanup.policy', value: 'compact' }] : [],
  });
  const ask = (results: readonly ReturnType<typeof told>[]) => {
    const failed = results.flatMap(({ errorCode }, i) =>
      errorCode === 0 ? [] : [[`/results/${i}`, [errorCode, null] as [number, null]] as const],
    );
    const wire = new ScriptedWire(() =>
      failed.length > 0 ? new ResponseError(32, 4, Object.fromEntries(failed), { results }) : { results },
    );
    const admin = new KafkaAdmin(wire, 'first:9092');
    return { wire, configs: admin.topicConfigs(['t', 'u'], ['cleanup.policy']) };
  };

  it('are asked for with one request, and come without those that are refused', async () => {
    for (const [u, expected] of [
      [told('u'), ['t', 'u']],
      [told('u', kafkaErrors.unknownTopicOrPartition), ['t']],
      [told('u', kafkaErrors.topicAuthorizationFailed), ['t']],
    ] as const) {
      const { wire, configs } = ask([told('t'), u]);
      expect([...(await configs)]).toEqual(expected.map((name) => [name, { 'cleanup.policy': 'compact' }]));
      expect(wire.asked).toHaveLength(1);
    }
  });

  it('fail where all are refused', async () => {
    const refusal = kafkaErrors.topicAuthorizationFailed;
    await expect(ask([told('t', refusal), told('u', refusal)]).configs).rejects.toThrow(/AUTHORIZATION/);
  });
});

describe('deleting topics', () => {
  const remove = (answers: Record<string, () => unknown>) => {
    const wire = new ScriptedWire((request, host) =>
      request === 'deleteTopics' ? answers[host]!() : noTopic,
    );
    return new KafkaAdmin(wire, 'first:9092').deleteTopics(['t']);
  };

  it('has succeeded where a broker’s answer was lost and the next one does not find them', async () => {
    await expect(
      remove({ first: lost, second: () => refused(kafkaErrors.unknownTopicOrPartition) }),
    ).resolves.toBeUndefined();
  });

  it('fails where it is refused', async () => {
    await expect(remove({ first: () => refused(29) })).rejects.toThrow('as the test says');
  });
});

describe('a topic that is not there', () => {
  const ask = (topics: readonly object[]) => {
    const wire = new ScriptedWire(() => ({ ...metadata, topics: [...noTopic.topics, ...topics] }));
    return new KafkaAdmin(wire, 'first:9092').describeTopic('t');
  };
  const named = (name: string) => ({ ...metadata.topics[0]!, name });

  it.each([
    ['the one that was meant', [named('tt'), named('orders')], 'did you mean tt?'],
    ['those that there are', [named('orders'), named('bills')], 'the cluster has bills, orders'],
    ['that there is none', [], 'the cluster has no topics'],
  ])('is told with %s', async (_, topics, hint) => {
    await expect(ask(topics)).rejects.toMatchObject({
      message: 'there is no topic t (bootstrap first:9092)',
      hint,
    });
  });
});
