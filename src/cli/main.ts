import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { bootstrapProblem } from '../base/bootstrap.ts';
import { exitCodes, worstExitCode, type ExitCode } from '../base/exit-codes.ts';
import { versionForm, versionPattern } from '../base/kafka-version.ts';
import { packageRoot } from '../base/package-root.ts';
import type { DifferenceKind } from '../compare/schema.ts';
import type { AbArguments } from './ab.ts';
import type { CompareArguments, SelfTestArguments } from './compare.ts';
import { exitCodeOf, printError } from './failure.ts';
import { terminal, type Io } from './io.ts';
import type { LagArguments } from './lag.ts';
import type { ResetArguments } from './offsets.ts';

/** Runs one command line; the exit code is returned, never set here. Commands are loaded when they are used. */
export async function main(argv: readonly string[], io: Io = terminal): Promise<ExitCode> {
  const code = await run(argv, io);
  const lost = (await io.lost?.()) ?? null;
  if (lost === null) return code;
  io.err(`error: the output cannot be written: ${lost}`);
  return worstExitCode([code, exitCodes.failed]);
}

async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  let code: ExitCode = exitCodes.ok;
  const program = createProgram(io, (result) => (code = result));
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    // Commander has printed its own message; help and version are no errors.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    printError(error, io);
    return exitCodeOf(error);
  }
}

function createProgram(io: Io, done: (code: ExitCode) => void): Command {
  const program = new Command('kafka-bench')
    .description('Benchmark and delivery verification for Apache Kafka on librdkafka')
    .version(version())
    // `--version` behind a command is that command's own.
    .enablePositionalOptions()
    .showHelpAfterError('(kafka-bench --help lists the commands)')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) });

  const bootstrap = (): Option =>
    new Option('--bootstrap <host:port,…>', 'an existing cluster; nothing is started or stopped').argParser(
      servers,
    );

  program
    .command('run')
    .description('run scenarios and write one result each')
    .argument('<file...>', 'scenario files')
    .addOption(bootstrap())
    .addOption(
      new Option('--cluster <kind>', 'where Kafka comes from, instead of what the scenario says').choices([
        'auto',
        'local',
        'compose',
        'mock',
      ]),
    )
    .addOption(
      new Option(
        '--ack-source <source>',
        'how messages are observed: natively or in JavaScript (default: auto)',
      ).choices(['auto', 'tap', 'delivery-reports']),
    )
    .option('--trials <n>', 'repetitions, each with fresh clients and topics', positiveInteger)
    .option('--set <path=value>', 'replace a value of the scenarios; more than once', collected)
    .option('--keep', 'leave cluster and topics up at the end')
    .option('--results <directory>', 'where results go (default: results/runs)')
    .option('--quiet', 'no progress, only the summary')
    .option('--messages', 'print every message sent and received, sampled above 100 a second')
    .action(async (files: string[], options: object) => {
      const { runRun } = await import('./run.ts');
      done(await runRun(files, options, io));
    });

  program
    .command('validate')
    .description('check scenarios without running them and print their plan')
    .argument('<file...>', 'scenario files')
    .action(async (files: string[]) => {
      const { runValidate } = await import('./validate.ts');
      done(await runValidate(files, io));
    });

  program
    .command('schema')
    .description('print the JSON Schema of scenario files, of results or of comparisons')
    .option('--result', 'of results')
    .option('--comparison', 'of what compare --format json prints')
    .action(async (options: { result?: boolean; comparison?: boolean }) => {
      if (options.comparison) {
        const { comparisonJsonSchema } = await import('../compare/schema.ts');
        io.out(JSON.stringify(comparisonJsonSchema(), null, 2));
        return;
      }
      if (options.result) {
        const { resultJsonSchema } = await import('../results/schema.ts');
        io.out(JSON.stringify(resultJsonSchema(), null, 2));
        return;
      }
      const { runSchema } = await import('./schema.ts');
      done(await runSchema([], io));
    });

  program
    .command('init')
    .description('write a commented starter scenario')
    .argument('[file]', 'where to', 'scenario.yaml')
    .option('--force', 'overwrite an existing file')
    .action(async (file: string, options: { force?: boolean }) => {
      const { runInit } = await import('./init.ts');
      done(await runInit({ file, force: options.force ?? false }, io));
    });

  program
    .command('doctor')
    .description('versions, features, and which clusters can run here and why')
    .option('--json', 'as JSON')
    .option('--calibrate', 'measure what this harness can produce here; later runs are held against it')
    .action(async (options: { json?: boolean; calibrate?: boolean }) => {
      const { runDoctor } = await import('./doctor.ts');
      done(await runDoctor(options, io));
    });

  addAb(program, bootstrap, io, done);
  addCompare(program, io, done);
  addCluster(program, io, done);
  addTopics(program, bootstrap, io, done);
  addLag(program, bootstrap, io, done);
  addOffsets(program, bootstrap, io, done);
  addVerify(program, io, done);
  addFaults(program, io, done);
  return program;
}

const kinds: readonly DifferenceKind[] = ['scenario', 'cluster', 'ack-source', 'versions', 'machine'];

function subjects(text: string): DifferenceKind[] {
  return text.split(',').map((name) => {
    const kind = kinds.find((each) => each === name.trim());
    if (kind === undefined) throw new InvalidArgumentError(`expected some of ${kinds.join(',')}`);
    return kind;
  });
}

const collected = (text: string, before: readonly string[] = []): string[] => [...before, text];

function kafkaVersion(text: string): string {
  if (!versionPattern.test(text)) throw new InvalidArgumentError(`expected ${versionForm}`);
  return text;
}

const clusterKinds = ['auto', 'local', 'compose', 'mock'] as const;

function clusters(text: string): (typeof clusterKinds)[number][] {
  const found = text.split(',').map((name) => clusterKinds.find((kind) => kind === name.trim()));
  const known = found.filter((kind) => kind !== undefined);
  if (known.length < found.length || known.length > 2)
    throw new InvalidArgumentError(`expected one or two of ${clusterKinds.join(', ')}, with a comma`);
  return known;
}

function addAb(program: Command, bootstrap: () => Option, io: Io, done: (code: ExitCode) => void): void {
  program
    .command('ab')
    .description('run two scenarios, or one and a variation, in interleaved blocks and compare them')
    .argument('<base>', 'scenario file')
    .argument('[candidate]', 'scenario file; the same where it is left out')
    .option('--blocks <n>', 'trials of each side', positiveInteger, 8)
    .option('--seed <n>', 'of the order within blocks; drawn and told by default', positiveInteger)
    .option('--set <path=value>', 'replace a value in the candidate; more than once', collected)
    .option('--with <checkout>', 'another checkout of kafka-bench, which runs the candidate')
    .option('--cluster <kind[,kind]>', 'where Kafka comes from: for both, or base and candidate', clusters)
    .addOption(bootstrap())
    .option('--bootstrap-b <host:port,…>', 'of the candidate, where it is another cluster', servers)
    .addOption(
      new Option('--ack-source <source>', 'how producers learn what became of messages').choices([
        'auto',
        'tap',
        'delivery-reports',
      ]),
    )
    .option('--results <directory>', 'where results go (default: a new one in results/ab)')
    .addOption(formatOption())
    .option('--strict', 'a regression needs its whole interval beyond the margin')
    .option('--fail-inconclusive', 'exit code 4 where performance could not be told')
    .option('--noise-floor <file>', 'a comparison of a thing with itself, as json; more than once', collected)
    .option('--quiet', 'no progress, only the comparison')
    .action(async (base: string, candidate: string | undefined, options: AbArguments) => {
      const { runAb } = await import('./ab.ts');
      done(await runAb(candidate === undefined ? [base] : [base, candidate], options, io));
    });
}

const formatOption = (): Option =>
  new Option('--format <format>', 'of the output')
    .choices(['terminal', 'markdown', 'junit', 'json'])
    .default('terminal');

function addCompare(program: Command, io: Io, done: (code: ExitCode) => void): void {
  program
    .command('compare')
    .description('what changed between two sets of results, and whether it may')
    .argument('[result...]', 'BASE CANDIDATE: result files, or directories of them')
    .option('--candidate <result...>', 'results of the candidate; all others are the base')
    .addOption(formatOption())
    .option('--strict', 'a regression needs its whole interval beyond the margin')
    .option('--fail-inconclusive', 'exit code 4 where performance could not be told')
    .option('--allow-env-diff', 'performance gates although versions or machines differ')
    .option('--subject <kinds>', `differences that are what is compared, of ${kinds.join(',')}`, subjects)
    .option('--noise-floor <file>', 'a comparison of a thing with itself, as json; more than once', collected)
    .option('--self-test', 'whether the gate goes off where it must, and only there')
    .option('--seed <n>', 'of the self-test (default: 1)', positiveInteger)
    .option('--real', 'the self-test also on interleaved trials against a local Kafka')
    .option('--blocks <n>', 'of those trials (default: 8)', positiveInteger)
    .option('--latency <percent>', 'planted in those trials (default: 15)', positiveInteger)
    .addOption(
      new Option('--plant <where>', 'sabotage the self-test').choices(['none', 'everywhere']).hideHelp(),
    )
    .action(
      async (results: string[], options: CompareArguments & SelfTestArguments & { selfTest?: boolean }) => {
        const { runCompare, runCompareSelfTest } = await import('./compare.ts');
        done(await (options.selfTest ? runCompareSelfTest(options, io) : runCompare(results, options, io)));
      },
    );
}

const clusterActions = {
  up: 'start a cluster that stays up',
  down: 'stop it and remove its data',
  status: 'show brokers and their state',
  stop: 'stop one broker in order',
  start: 'start a stopped broker',
  kill: 'end one broker at once',
  pause: 'freeze one broker',
  unpause: 'let it go on',
} as const;

function addCluster(program: Command, io: Io, done: (code: ExitCode) => void): void {
  const cluster = program.command('cluster').description('the local cluster, also from another terminal');
  for (const [action, about] of Object.entries(clusterActions) as [keyof typeof clusterActions, string][]) {
    const takesBroker = !['up', 'down', 'status'].includes(action);
    const command = cluster.command(action).description(about);
    if (takesBroker) command.argument('<broker>', 'kafka1, kafka2 …');
    command.addOption(new Option('--kind <kind>', 'of cluster').choices(['local', 'compose']));
    if (action === 'up') {
      command.option('--brokers <n>', 'how many', positiveInteger);
      command.option('--version <version>', 'of Kafka: a line such as 3.9, or a release', kafkaVersion);
      command.addOption(
        new Option('--controllers <mode>', 'in the brokers or in nodes of their own').choices([
          'combined',
          'dedicated',
        ]),
      );
    } else command.option('--id <id>', 'which cluster, when several run');
    command.action(async (...given: unknown[]) => {
      const options = given[takesBroker ? 1 : 0] as object;
      const broker = takesBroker ? { broker: given[0] as string } : {};
      const { runCluster } = await import('./cluster.ts');
      done(await runCluster(action, { ...options, ...broker }, io));
    });
  }
}

function addTopics(program: Command, bootstrap: () => Option, io: Io, done: (code: ExitCode) => void): void {
  const topics = program.command('topics').description('list, describe, create and delete topics');
  const command = (name: 'list' | 'describe' | 'create' | 'delete', about: string): Command =>
    topics.command(name).description(about).addOption(bootstrap());
  const act = async (action: 'list' | 'describe' | 'create' | 'delete', args: object): Promise<void> => {
    const { runTopics } = await import('./topics.ts');
    done(await runTopics(action, args, io));
  };
  command('list', 'names').action((options: object) => act('list', options));
  command('describe', 'partitions, leaders, replicas')
    .argument('[name]', 'one topic; all without it')
    .action((name: string | undefined, options: object) =>
      act('describe', { ...options, ...(name ? { name } : {}) }),
    );
  command('create', 'one topic')
    .argument('<name>')
    .option('--partitions <n>', 'default: the broker’s', positiveInteger)
    .option('--replication-factor <n>', 'default: the broker’s', positiveInteger)
    .option('--config <key=value...>', 'topic configuration')
    .action((name: string, options: object) => act('create', { ...options, name }));
  command('delete', 'one topic')
    .argument('<name>')
    .action((name: string, options: object) => act('delete', { ...options, name }));
}

function addLag(program: Command, bootstrap: () => Option, io: Io, done: (code: ExitCode) => void): void {
  program
    .command('lag')
    .description('how far a consumer group is behind, and who reads what')
    .argument('<group>')
    .option('--watch', 'again and again, until Ctrl-C')
    .option('--interval <duration>', 'between two refreshes (default: 2s)')
    .option('--json', 'as JSON; with --watch one line a reading')
    .addOption(bootstrap())
    .action(async (group: string, options: LagArguments) => {
      const { runLag } = await import('./lag.ts');
      done(await runLag(group, options, io));
    });
}

function addOffsets(program: Command, bootstrap: () => Option, io: Io, done: (code: ExitCode) => void): void {
  program
    .command('offsets')
    .description('what consumer groups have committed')
    .command('reset')
    .description('set the offsets of a group without members; shows before and after')
    .argument('<group>')
    .requiredOption('--topic <topic[:0,1]>', 'all its partitions, or those named; more than once', collected)
    .requiredOption('--to <place>', 'earliest, latest, offset:N, datetime:ISO or shift-by:N')
    .option('--dry-run', 'show, and change nothing')
    .addOption(bootstrap())
    .action(async (group: string, options: ResetArguments) => {
      const { runOffsetsReset } = await import('./offsets.ts');
      done(await runOffsetsReset(group, options, io));
    });
}

function addVerify(program: Command, io: Io, done: (code: ExitCode) => void): void {
  const verify = program.command('verify').description('the delivery check itself');
  verify
    .command('selftest')
    .description('plant anomalies and look whether they are found, and nothing else')
    .option('--seed <n>', 'of the traces (default: 1)', positiveInteger)
    .addOption(
      new Option('--disable <detector...>', 'switch detectors off: the self-test must then fail').default([]),
    )
    .action(async (options: { seed?: number; disable: string[] }) => {
      const { runSelftest } = await import('./verify.ts');
      done(runSelftest(options, io));
    });
  verify
    .command('replay')
    .description('reach the delivery verdict of a run again, from the evidence that it left')
    .argument('<run>', 'a result file, or the directory of its evidence')
    .action(async (path: string) => {
      const { runReplay } = await import('./replay.ts');
      done(await runReplay(path, io));
    });
}

function addFaults(program: Command, io: Io, done: (code: ExitCode) => void): void {
  program
    .command('faults')
    .description('what runs break, and its undo')
    .command('restore')
    .description('undo what an interrupted run left broken')
    .action(async () => {
      const { runFaultsRestore } = await import('./faults.ts');
      done(await runFaultsRestore({}, io));
    });
}

function servers(text: string): string {
  const problem = bootstrapProblem(text);
  if (problem !== null) throw new InvalidArgumentError(problem);
  return text;
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('expected a whole number above 0');
  return value;
}

function version(): string {
  return (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string })
    .version;
}
