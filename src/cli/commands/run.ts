import { ackSourceChoices, clusterChoices, outputFormats } from '../../base/choices.ts';
import { command } from './command.ts';
import { choice, flag, many, otherwise, parsed, text } from './option.ts';
import { bootstrap, positiveInteger, set } from './readers.ts';

export const ackSource = choice(
  ackSourceChoices,
  'how messages are observed: natively or in JavaScript (auto)',
);

export const run = command({
  usage: 'run <file..>',
  describe: 'run scenarios and write one result each',
  positionals: { file: many('scenario files') },
  options: {
    bootstrap,
    cluster: choice(clusterChoices, 'where Kafka comes from, instead of what the scenario says'),
    'ack-source': ackSource,
    trials: parsed('repetitions, each with fresh clients and topics', positiveInteger),
    set,
    keep: flag('leave cluster and topics up at the end'),
    results: text('directory of the results (results/runs)'),
    format: otherwise(choice(outputFormats, 'of the output; files are written besides'), 'terminal'),
    quiet: flag('no progress, only the summary'),
    messages: flag('print every message sent and received, sampled above 100/s'),
  },
  examples: ['npx kafka-bench run scenarios/acks0.yaml --cluster mock'],
  async run({ file, ...options }, io) {
    const { runRun } = await import('../run.ts');
    return runRun(file, options, io);
  },
});
