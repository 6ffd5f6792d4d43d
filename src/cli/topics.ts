import { connectAdmin } from '../cluster/admin/connect.ts';
import type { Admin } from '../cluster/admin/admin.ts';
import { BenchError } from '../base/errors.ts';
import { exitCodes } from '../base/exit-codes.ts';
import type { ExitCode } from '../base/exit-codes.ts';
import { defaultBootstrap } from './default-bootstrap.ts';
import type { Io } from './io.ts';
import { table } from './table.ts';

export interface TopicsArguments {
  readonly bootstrap?: string | undefined;
  readonly name?: string | undefined;
  readonly partitions?: number | undefined;
  readonly replicationFactor?: number | undefined;
  /** `key=value` each. */
  readonly config?: readonly string[] | undefined;
  /** `list` shows internal topics too. */
  readonly internal?: boolean | undefined;
  readonly env?: NodeJS.ProcessEnv;
}

export type TopicsCommand = 'list' | 'describe' | 'create' | 'delete';

/** `topics list|describe|create|delete`, what kafka-topics shows. Rejects with BenchError; the caller prints that. */
export async function runTopics(action: TopicsCommand, args: TopicsArguments, io: Io): Promise<ExitCode> {
  const config = parseConfig(args.config ?? []);
  if (action !== 'list' && action !== 'describe') requiredName(action, args);
  const bootstrap = args.bootstrap ?? (await defaultBootstrap(args.env ?? process.env));
  const admin = await connectAdmin({ bootstrap });
  try {
    switch (action) {
      case 'list':
        for (const name of await admin.listTopics({ internal: args.internal === true })) io.out(name);
        break;
      case 'describe':
        for (const name of args.name === undefined ? await admin.listTopics() : [args.name]) {
          await describe(admin, name, io);
        }
        break;
      case 'create': {
        const name = requiredName(action, args);
        const { partitions = -1, replicationFactor = -1 } = args;
        await admin.createTopic({ name, partitions, replicationFactor, config });
        await describe(admin, name, io);
        break;
      }
      case 'delete': {
        const name = requiredName(action, args);
        await admin.describeTopic(name);
        await admin.deleteTopics([name]);
        io.out(`deleted ${name}`);
        break;
      }
    }
    return exitCodes.ok;
  } finally {
    await admin.close();
  }
}

async function describe(admin: Admin, name: string, io: Io): Promise<void> {
  const [topic, offsets, config] = await Promise.all([
    admin.describeTopic(name),
    // Without a leader there is nobody to ask for offsets, and that is when a description is wanted most.
    admin.offsets(name).catch(() => []),
    admin.topicConfig(name),
  ]);
  const replication = topic.partitions[0]?.replicas.length ?? 0;
  const minIsr = config['min.insync.replicas'] ?? '?';
  io.out(
    `${name}: ${topic.partitions.length} partitions, replication factor ${replication}, min ISR ${minIsr}`,
  );
  const rows = topic.partitions.map((partition) => {
    const range = offsets.find((offset) => offset.partition === partition.partition);
    return [
      partition.partition,
      partition.leader < 0 ? 'none' : String(partition.leader),
      partition.replicas.join(','),
      partition.inSyncReplicas.join(','),
      range?.start ?? '-',
      range?.end ?? '-',
    ];
  });
  const header = ['partition', 'leader', 'replicas', 'in sync', 'first offset', 'next offset'];
  for (const line of table(header, rows)) io.out(`  ${line}`);
}

function requiredName(action: TopicsCommand, args: TopicsArguments): string {
  if (args.name !== undefined) return args.name;
  throw new BenchError('usage', `topics ${action} needs the name of a topic`);
}

function parseConfig(settings: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    settings.map((setting) => {
      const at = setting.indexOf('=');
      if (at > 0) return [setting.slice(0, at), setting.slice(at + 1)] as const;
      throw new BenchError('usage', `"${setting}" is not of the form key=value`, {
        hint: '--config min.insync.replicas=2',
      });
    }),
  );
}
