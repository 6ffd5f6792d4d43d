import { command, type CommandGroup } from './command.ts';
import { many, parsed } from './option.ts';
import { positiveInteger } from './readers.ts';

export const verify: CommandGroup = {
  usage: 'verify',
  describe: 'the delivery check itself',
  commands: [
    command({
      usage: 'selftest',
      describe: 'plant anomalies and look whether they are found, and nothing else',
      options: {
        seed: parsed('of the traces (1)', positiveInteger),
        disable: many('switch detectors off: the self-test must then fail'),
      },
      examples: ['npx kafka-bench verify selftest'],
      async run(values, io) {
        const { runSelftest } = await import('../verify.ts');
        return runSelftest(values, io);
      },
    }),
    command({
      usage: 'replay <run..>',
      describe: 'reach the delivery verdict of runs again, from the evidence that they left',
      positionals: { run: many('result files, or directories of their evidence') },
      examples: [
        'npx kafka-bench run scenarios/acks0.yaml --cluster mock --results replayed',
        'npx kafka-bench verify replay replayed/*.json',
      ],
      async run({ run }, io) {
        const { runReplay } = await import('../replay.ts');
        return runReplay(run, io);
      },
    }),
  ],
};
