import type { ExitCode } from '../../base/exit-codes.ts';
import type { Io } from '../io.ts';
import type { TopicsArguments, TopicsCommand } from '../topics.ts';
import { command, type CommandGroup } from './command.ts';
import { list, parsed, required, text } from './option.ts';
import { bootstrap, positiveInteger } from './readers.ts';

async function act(action: TopicsCommand, values: TopicsArguments, io: Io): Promise<ExitCode> {
  const { runTopics } = await import('../topics.ts');
  return runTopics(action, values, io);
}

const name = required(text('of the topic'));
const create = 'npx kafka-bench topics create orders --config min.insync.replicas=1';

export const topics: CommandGroup = {
  usage: 'topics',
  describe: 'list, describe, create and delete topics',
  commands: [
    command({
      usage: 'list',
      describe: 'names',
      options: { bootstrap },
      examples: ['npx kafka-bench topics list'],
      needsCluster: true,
      run: (values, io) => act('list', values, io),
    }),
    command({
      usage: 'describe [name]',
      describe: 'partitions, leaders, replicas',
      positionals: { name: text('one topic; all without it') },
      options: { bootstrap },
      examples: ['npx kafka-bench topics describe'],
      needsCluster: true,
      run: (values, io) => act('describe', values, io),
    }),
    command({
      usage: 'create <name>',
      describe: 'one topic',
      positionals: { name },
      options: {
        partitions: parsed('default: the broker’s', positiveInteger),
        'replication-factor': parsed('default: the broker’s', positiveInteger),
        config: list('KEY=VALUE of the topic; repeatable'),
        bootstrap,
      },
      examples: [create],
      needsCluster: true,
      run: (values, io) => act('create', values, io),
    }),
    command({
      usage: 'delete <name>',
      describe: 'one topic',
      positionals: { name },
      options: { bootstrap },
      examples: [create, 'npx kafka-bench topics delete orders'],
      needsCluster: true,
      run: (values, io) => act('delete', values, io),
    }),
  ],
};
