import { controllerChoices, keptClusters, type BrokerAction } from '../../base/choices.ts';
import type { Command, CommandGroup } from './command.ts';
import { command } from './command.ts';
import { choice, flag, parsed, required, text, type OptionSet } from './option.ts';
import { kafkaVersion, positiveInteger } from './readers.ts';

const kind = choice(keptClusters, 'of cluster');
const id = text('which cluster, when several run');

const up = command({
  usage: 'up',
  describe: 'start a cluster that stays up',
  options: {
    kind,
    brokers: parsed('how many', positiveInteger),
    version: parsed('of Kafka: a line such as 3.9, or a release', kafkaVersion),
    controllers: choice(controllerChoices, 'in the brokers or in nodes of their own'),
  },
  examples: ['npx kafka-bench cluster up --brokers 3'],
  needsCluster: true,
  async run(values, io) {
    const { runCluster } = await import('../cluster.ts');
    return runCluster('up', values, io);
  },
});

function ofAll(action: 'down' | 'status', describe: string, more: OptionSet = {}): Command {
  return command({
    usage: action,
    describe,
    options: { kind, id, ...more },
    examples: [`npx kafka-bench cluster ${action}`],
    needsCluster: true,
    async run(values, io) {
      const { runCluster } = await import('../cluster.ts');
      return runCluster(action, values, io);
    },
  });
}

function ofOne(action: BrokerAction, describe: string, before?: string): Command {
  return command({
    usage: `${action} <broker>`,
    describe,
    positionals: { broker: required(text('kafka1, kafka2 …')) },
    options: { kind, id },
    examples: [
      'npx kafka-bench cluster up --brokers 3',
      ...[before, action]
        .filter((each) => each !== undefined)
        .map((each) => `npx kafka-bench cluster ${each} kafka2`),
    ],
    needsCluster: true,
    async run(values, io) {
      const { runCluster } = await import('../cluster.ts');
      return runCluster(action, values, io);
    },
  });
}

export const cluster: CommandGroup = {
  usage: 'cluster',
  describe: 'the local cluster, also from another terminal',
  commands: [
    up,
    ofAll('down', 'stop it and remove its data', { force: flag('also where a run uses it') }),
    ofAll('status', 'show brokers and their state'),
    ofOne('stop', 'stop one broker in order'),
    ofOne('start', 'start a stopped broker', 'stop'),
    ofOne('kill', 'end one broker at once'),
    ofOne('pause', 'freeze one broker'),
    ofOne('unpause', 'let it go on', 'pause'),
  ],
};
