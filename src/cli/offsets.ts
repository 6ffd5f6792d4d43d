import type { Admin, TopicPartition } from '../cluster/admin/admin.ts';
import { connectAdmin } from '../cluster/admin/connect.ts';
import { activeGroup, byPlace } from '../cluster/admin/groups.ts';
import { newOffset, parseResetTarget } from '../cluster/admin/reset-target.ts';
import type { NewOffset, ResetTarget } from '../cluster/admin/reset-target.ts';
import { BenchError } from '../base/errors.ts';
import { exitCodes } from '../base/exit-codes.ts';
import type { ExitCode } from '../base/exit-codes.ts';
import { defaultBootstrap } from './default-bootstrap.ts';
import type { Io } from './io.ts';
import { table } from './table.ts';

export interface ResetArguments {
  /** `topic` or `topic:0,1` each. */
  readonly topic: readonly string[];
  readonly to: string;
  readonly dryRun?: boolean | undefined;
  readonly bootstrap?: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
}

interface Reset extends TopicPartition, NewOffset {
  readonly committed: number | null;
}

/**
 * `offsets reset GROUP`: shows what is committed and what will be, and commits it for a group without members, which
 * need not exist. Rejects with BenchError, having changed nothing.
 */
export async function runOffsetsReset(group: string, args: ResetArguments, io: Io): Promise<ExitCode> {
  const target = parseResetTarget(args.to);
  const wanted = args.topic.map(parseTopic);
  const bootstrap = args.bootstrap ?? (await defaultBootstrap(args.env ?? process.env));
  const admin = await connectAdmin({ bootstrap });
  try {
    const description = await admin.describeGroup(group);
    if (description && description.state !== 'Empty') throw activeGroup(group, description.state);
    const resets = await plan(admin, group, wanted, target);
    for (const { topic, partition, note } of resets) if (note) io.err(`${topic}:${partition}: ${note}`);
    if (args.dryRun !== true) await admin.commitOffsets(group, resets);
    const rows = resets.map((reset) => [
      ...[group, reset.topic, String(reset.partition)],
      ...[String(reset.committed ?? '-'), String(reset.offset)],
    ]);
    for (const line of table(['GROUP', 'TOPIC', 'PARTITION', 'CURRENT-OFFSET', 'NEW-OFFSET'], rows))
      io.out(line);
    if (args.dryRun === true) io.err('dry run: nothing was changed');
    return exitCodes.ok;
  } finally {
    await admin.close();
  }
}

async function plan(
  admin: Admin,
  group: string,
  wanted: readonly { topic: string; partitions: readonly number[] | null }[],
  target: ResetTarget,
): Promise<Reset[]> {
  const committed = await admin.committedOffsets(group);
  const names = [...new Set(wanted.map(({ topic }) => topic))];
  const topics = await Promise.all(
    names.map(async (topic) => {
      const [ranges, times] = await Promise.all([
        admin.offsets(topic),
        target.kind === 'datetime' ? admin.offsetsFor(topic, target.timestamp) : undefined,
      ]);
      const parts = wanted.filter((each) => each.topic === topic).map(({ partitions }) => partitions);
      const chosen = parts.includes(null)
        ? ranges.map(({ partition }) => partition)
        : parts.flatMap((p) => p ?? []);
      return [...new Set(chosen)].map((partition): Reset => {
        const range = ranges.find((each) => each.partition === partition);
        if (!range) throw new BenchError('cluster', `topic ${topic} has no partition ${partition}`);
        const before = committed.find((o) => o.topic === topic && o.partition === partition)?.offset ?? null;
        const { start, end } = range;
        const after = newOffset(target, { start, end, committed: before, atTime: times?.get(partition) });
        if (!after) {
          throw new BenchError(
            'cluster',
            `group ${group} has committed nothing in ${topic}:${partition} to shift`,
            {
              hint: 'name the partitions that have something, or use earliest, latest, offset or datetime',
            },
          );
        }
        return { topic, partition, committed: before, ...after };
      });
    }),
  );
  return topics.flat().sort(byPlace);
}

function parseTopic(text: string): { topic: string; partitions: readonly number[] | null } {
  const match = /^([^:]+)(?::(\d+(?:,\d+)*))?$/.exec(text);
  if (match) return { topic: match[1]!, partitions: match[2]?.split(',').map(Number) ?? null };
  throw new BenchError('usage', `--topic "${text}" is not a topic with or without partitions`, {
    hint: '--topic orders or --topic orders:0,1',
  });
}
