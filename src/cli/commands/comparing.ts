import {
  clusterChoices,
  differenceKinds,
  outputFormats,
  sabotages,
  type ClusterChoice,
  type DifferenceKind,
} from '../../base/choices.ts';
import { nearest } from '../../base/nearest.ts';
import { command } from './command.ts';
import { choice, flag, hidden, list, many, optional, otherwise, parsed, required, text } from './option.ts';
import { bootstrap, positiveInteger, servers, set } from './readers.ts';
import { ackSource } from './run.ts';

const subject = parsed(`differences that are what is compared, of ${differenceKinds.join(',')}`, subjects);

const judged = {
  format: otherwise(choice(outputFormats, 'of the output'), 'terminal'),
  strict: flag('a regression needs its whole interval beyond the margin'),
  'fail-inconclusive': flag('exit code 4 where performance could not be told'),
  'noise-floor': list('a comparison of a thing with itself, as json; repeatable'),
};

export const ab = command({
  usage: 'ab <base> [candidate]',
  describe: 'run two scenarios, or one and a variation, in interleaved blocks and compare them',
  positionals: {
    base: required(text('scenario file')),
    candidate: text('scenario file; the same where it is left out'),
  },
  options: {
    blocks: otherwise(parsed('trials of each side', positiveInteger), 8),
    seed: parsed('of the order within blocks; drawn and told by default', positiveInteger),
    set,
    with: text('another checkout of kafka-bench, which runs the candidate'),
    cluster: parsed('where Kafka comes from: KIND for both, or BASE,CANDIDATE', clusters),
    bootstrap,
    'bootstrap-b': parsed('host:port,… of the candidate, where it is another cluster', servers),
    'ack-source': ackSource,
    results: text('directory of the results (a new one in results/ab)'),
    subject,
    ...judged,
    quiet: flag('no progress, only the comparison'),
  },
  examples: ['npx kafka-bench ab scenarios/acks0.yaml --cluster mock --blocks 1'],
  async run({ base, candidate, ...options }, io) {
    const { runAb } = await import('../ab.ts');
    return runAb(
      [base, candidate].filter((file) => file !== undefined),
      options,
      io,
    );
  },
});

export const compare = command({
  usage: 'compare [result..]',
  describe: 'what changed between two sets of results, and whether it may',
  positionals: { result: many('BASE CANDIDATE: result files, or directories of them') },
  options: {
    candidate: optional(many('results of the candidate; all others are the base')),
    ...judged,
    'allow-env-diff': flag('performance gates although versions or machines differ'),
    subject,
    'self-test': flag('whether the gate goes off where it must, and only there'),
    seed: parsed('of the self-test (1)', positiveInteger),
    real: flag('the self-test also on interleaved trials against a local Kafka'),
    blocks: parsed('of those trials (8)', positiveInteger),
    latency: parsed('per cent of it that are planted in those trials (15)', positiveInteger),
    plant: hidden(choice(sabotages, 'sabotage the self-test')),
  },
  examples: [
    'npx kafka-bench run scenarios/acks0.yaml --cluster mock --results before',
    'npx kafka-bench run scenarios/acks0.yaml --cluster mock --results after',
    'npx kafka-bench compare before after',
  ],
  async run({ result, selfTest, ...options }, io) {
    const { runCompare, runCompareSelfTest } = await import('../compare.ts');
    return selfTest ? runCompareSelfTest(options, io) : runCompare(result, options, io);
  },
});

function subjects(given: string): DifferenceKind[] {
  return given.split(',').map((name) => {
    const kind = differenceKinds.find((each) => each === name.trim());
    if (kind === undefined)
      throw new Error(`expected some of ${differenceKinds.join(',')}${near(name, differenceKinds)}`);
    return kind;
  });
}

function clusters(given: string): ClusterChoice[] {
  const names = given.split(',').map((name) => name.trim());
  const known = names.flatMap((name) => clusterChoices.find((kind) => kind === name) ?? []);
  const wrong = names.find((name) => !clusterChoices.some((kind) => kind === name));
  if (wrong !== undefined || known.length > 2) {
    const meant = wrong === undefined ? '' : near(wrong, clusterChoices);
    throw new Error(`expected one or two of ${clusterChoices.join(', ')}, with a comma${meant}`);
  }
  return known;
}

function near(name: string, choices: readonly string[]): string {
  const found = nearest(name.trim(), choices);
  return found === undefined ? '' : `; did you mean ${found}?`;
}
