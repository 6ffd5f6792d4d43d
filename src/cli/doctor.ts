import { exitCodes, type ExitCode } from '../base/exit-codes.ts';
import { formatBytes, formatRate } from '../base/units.ts';
import { probeProviders, type ProviderProbe } from '../cluster/open.ts';
import { readCalibration, writeCalibration } from '../trial/record/calibration-file.ts';
import { ceilingName, type Calibration } from '../judge/performance/calibration.ts';
import { inspectMachine, type Machine } from './doctor/inspect-machine.ts';
import { listenForInterrupt } from './interrupt.ts';
import type { Io } from './io.ts';

export interface DoctorOptions {
  readonly json?: boolean;
  /** Measure what the harness can produce here, which later runs are held against. */
  readonly calibrate?: boolean;
  readonly calibration?: () => Calibration | null;
  readonly machine?: () => Promise<Machine>;
  readonly providers?: () => Promise<readonly ProviderProbe[]>;
}

/**
 * Prints what this machine has and which kinds of cluster can run on it.
 * Exit code 0 when a real cluster can be used, 5 when only the mock can or the binding does not load.
 */
export async function runDoctor(
  {
    json = false,
    calibrate: asked = false,
    calibration = () => readCalibration(process.env),
    machine = inspectMachine,
    providers = () => probeProviders(process.env),
  }: DoctorOptions,
  io: Io,
): Promise<ExitCode> {
  if (asked) {
    const code = await measureCeilings(io);
    if (code !== undefined) return code;
  }
  const known = calibration();
  const [found, kinds] = await Promise.all([machine(), providers()]);
  io.out(
    json
      ? JSON.stringify({ ...found, calibration: known, clusters: kinds }, null, 2)
      : describe(found, kinds, known),
  );
  if (!found.binding?.loaded) {
    io.err(
      'The native binding does not load: remove node_modules and run the command again, or see the log of its set-up.',
    );
    return exitCodes.failed;
  }
  if (kinds.some(({ kind, available }) => available && kind !== 'mock')) return exitCodes.ok;
  io.err(
    'Only the mock can run here. For a real Kafka: install Java 17 and Maven, or Docker, or give a bootstrap address.',
  );
  return exitCodes.failed;
}

/** An exit code where it was interrupted. */
async function measureCeilings(io: Io): Promise<ExitCode | undefined> {
  const { calibrate } = await import('../experiment/calibrate.ts');
  const interrupt = listenForInterrupt((line) => io.err(line));
  try {
    io.err('measuring what this harness can produce here, into librdkafka’s mock (about a minute)');
    const { calibration, doubts } = await calibrate({
      env: process.env,
      progress: (line) => io.err(`  ${line}`),
      signal: interrupt.stop,
    });
    if (doubts.length === 0) {
      writeCalibration(process.env, calibration);
      return undefined;
    }
    io.err('This machine was too busy to tell, and what was measured is not kept:');
    for (const doubt of doubts) io.err(`  ${doubt}`);
    return exitCodes.inconclusive;
  } catch (error) {
    const code = interrupt.code();
    if (code === undefined) throw error;
    return code;
  } finally {
    interrupt.dispose();
  }
}

function describe(
  machine: Machine,
  kinds: readonly ProviderProbe[],
  calibration: Calibration | null,
): string {
  const { binding, docker, memory } = machine;
  const rows: [string, string][] = [
    ['kafka-bench', machine.kafkaBench],
    ['Node', machine.node],
    ['npm', machine.npm ?? absent],
    ['binding', binding === null ? absent : describeBinding(binding)],
    ['librdkafka', binding?.loaded?.librdkafka ?? absent],
    ['features', binding?.loaded?.features.join(' ') ?? absent],
    ['Java', machine.java ?? absent],
    ['Maven', machine.maven ?? absent],
    ['Docker', docker === null ? absent : describeDocker(docker)],
    ['compose', docker?.compose ?? absent],
    ['C compiler', machine.cCompiler ?? absent],
    ['processor', `${machine.cores} cores, ${machine.processor}`],
    ['memory', `${formatBytes(memory.totalBytes)}, ${formatBytes(memory.freeBytes)} free`],
  ];
  const clusters = kinds.map(({ kind, available, reason }): [string, string] => [
    `  ${kind}`,
    `${available ? 'yes' : 'no '}  ${reason}`,
  ]);
  return [
    ...aligned(rows),
    '',
    ...describeCeilings(calibration),
    '',
    'Clusters that can run here:',
    ...aligned(clusters),
  ].join('\n');
}

function describeCeilings(calibration: Calibration | null): string[] {
  if (calibration === null) {
    return ['What this harness can produce here is not measured: kafka-bench doctor --calibrate does it.'];
  }
  const rows = calibration.ceilings.map((ceiling): [string, string] => [
    `  ${ceilingName(ceiling)}`,
    formatRate(ceiling.perSecond),
  ]);
  const when = calibration.measuredAt.slice(0, 10);
  return [`This harness can produce here (into the mock, ${when}):`, ...aligned(rows)];
}

const absent = 'not found';

function describeBinding({ version, source, loaded }: NonNullable<Machine['binding']>): string {
  const origin = { prebuilt: 'prebuilt', built: 'built from source here', unknown: 'origin unknown' }[source];
  return `@confluentinc/kafka-javascript ${version}, ${origin}${loaded === null ? ', DOES NOT LOAD' : ''}`;
}

function describeDocker({ client, engine, engineMissing }: NonNullable<Machine['docker']>): string {
  return `client ${client}, ${engineMissing ?? `engine ${engine ?? 'unknown'}`}`;
}

function aligned(rows: readonly [string, string][]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
}
