import { connectAdmin } from '../cluster/admin/connect.ts';
import { exitCodes, type ExitCode } from '../base/exit-codes.ts';
import { defaultBootstrap } from './default-bootstrap.ts';
import type { Io } from './io.ts';
import { table } from './table.ts';

export interface GroupsArguments {
  readonly bootstrap?: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
}

/** `groups list`: the names that a cluster knows, those that runs make with their suffix. Rejects with BenchError. */
export async function runGroupsList(args: GroupsArguments, io: Io): Promise<ExitCode> {
  const bootstrap = args.bootstrap ?? (await defaultBootstrap(args.env ?? process.env));
  const admin = await connectAdmin({ bootstrap });
  try {
    const groups = await admin.listGroups();
    if (groups.length === 0) io.err('the cluster has no groups');
    else
      for (const line of table(
        ['GROUP', 'STATE'],
        groups.map(({ group, state }) => [group, state]),
      ))
        io.out(line);
    return exitCodes.ok;
  } finally {
    await admin.close();
  }
}
