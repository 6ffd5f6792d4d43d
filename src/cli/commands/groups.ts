import { command, type CommandGroup } from './command.ts';
import { flag, list, required, text } from './option.ts';
import { bootstrap } from './readers.ts';

const group = required(text('name of the consumer group'));
const made = [
  'npx kafka-bench topics create orders',
  'npx kafka-bench offsets reset billing --topic orders --to earliest',
];

export const lag = command({
  usage: 'lag <group>',
  describe: 'how far a consumer group is behind, and who reads what',
  positionals: { group },
  options: {
    watch: flag('again and again, until Ctrl-C'),
    interval: text('between two refreshes (2s)'),
    json: flag('as JSON; with --watch one line a reading'),
    bootstrap,
  },
  examples: [...made, 'npx kafka-bench lag billing'],
  needsCluster: true,
  async run({ group: name, ...options }, io) {
    const { runLag } = await import('../lag.ts');
    return runLag(name, options, io);
  },
});

export const groups: CommandGroup = {
  usage: 'groups',
  describe: 'the consumer groups of a cluster',
  commands: [
    command({
      usage: 'list',
      describe: 'names and states; runs make groups with a suffix of their own',
      options: { bootstrap },
      examples: ['npx kafka-bench groups list'],
      needsCluster: true,
      async run(values, io) {
        const { runGroupsList } = await import('../groups.ts');
        return runGroupsList(values, io);
      },
    }),
  ],
};

export const offsets: CommandGroup = {
  usage: 'offsets',
  describe: 'what consumer groups have committed',
  commands: [
    command({
      usage: 'reset <group>',
      describe: 'set the offsets of a group without members; shows before and after',
      positionals: { group },
      options: {
        topic: required(list('TOPIC, all its partitions, or TOPIC:0,1; repeatable')),
        to: required(text('earliest, latest, offset:N, datetime:ISO or shift-by:N')),
        'dry-run': flag('show, and change nothing'),
        bootstrap,
      },
      examples: made,
      needsCluster: true,
      async run({ group: name, ...options }, io) {
        const { runOffsetsReset } = await import('../offsets.ts');
        return runOffsetsReset(name, options, io);
      },
    }),
  ],
};
