import { exitCodes, type ExitCode } from '../base/exit-codes.ts';
import { formatBytes } from '../base/units.ts';
import { probeProviders, type ProviderProbe } from '../cluster/open.ts';
import { inspectMachine, type Machine } from './doctor/inspect-machine.ts';
import type { Io } from './io.ts';

export interface DoctorOptions {
  readonly json?: boolean;
  readonly machine?: () => Promise<Machine>;
  readonly providers?: () => Promise<readonly ProviderProbe[]>;
}

/**
 * Prints what this machine has and which kinds of cluster can run on it.
 * Exit code 0 when a real cluster can be used, 5 when only the mock can or the binding does not load.
 */
export async function runDoctor(
  { json = false, machine = inspectMachine, providers = () => probeProviders(process.env) }: DoctorOptions,
  io: Io,
): Promise<ExitCode> {
  const [found, kinds] = await Promise.all([machine(), providers()]);
  io.out(json ? JSON.stringify({ ...found, clusters: kinds }, null, 2) : describe(found, kinds));
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

function describe(machine: Machine, kinds: readonly ProviderProbe[]): string {
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
    [
      'Docker',
      docker === null ? absent : `client ${docker.client}, engine ${docker.engine ?? 'not reachable'}`,
    ],
    ['compose', docker?.compose ?? absent],
    ['C compiler', machine.cCompiler ?? absent],
    ['processor', `${machine.cores} cores, ${machine.processor}`],
    ['memory', `${formatBytes(memory.totalBytes)}, ${formatBytes(memory.freeBytes)} free`],
  ];
  const clusters = kinds.map(({ kind, available, reason }): [string, string] => [
    `  ${kind}`,
    `${available ? 'yes' : 'no '}  ${reason}`,
  ]);
  return [...aligned(rows), '', 'Clusters that can run here:', ...aligned(clusters)].join('\n');
}

const absent = 'not found';

function describeBinding({ version, source, loaded }: NonNullable<Machine['binding']>): string {
  const origin = { prebuilt: 'prebuilt', built: 'built from source here', unknown: 'origin unknown' }[source];
  return `@confluentinc/kafka-javascript ${version}, ${origin}${loaded === null ? ', DOES NOT LOAD' : ''}`;
}

function aligned(rows: readonly [string, string][]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
}
