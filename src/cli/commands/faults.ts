import { command, type CommandGroup } from './command.ts';

export const faults: CommandGroup = {
  usage: 'faults',
  describe: 'what runs break, and its undo',
  commands: [
    command({
      usage: 'restore',
      describe: 'undo what an interrupted run left broken',
      examples: ['npx kafka-bench faults restore'],
      async run(_, io) {
        const { runFaultsRestore } = await import('../faults.ts');
        return runFaultsRestore({}, io);
      },
    }),
  ],
};
