import type { Admin } from '../cluster/admin/admin.ts';
import { connectAdmin } from '../cluster/admin/connect.ts';
import { readGroupLag } from '../cluster/admin/group-lag.ts';
import type { GroupLag } from '../cluster/admin/group-lag.ts';
import { sleep } from '../base/clock.ts';
import { BenchError } from '../base/errors.ts';
import { exitCodes } from '../base/exit-codes.ts';
import type { ExitCode } from '../base/exit-codes.ts';
import { parseDuration } from '../base/units.ts';
import { renderLagWatch, type LagReading } from '../report/lag-watch.ts';
import { renderLag, renderRemoved } from '../report/lag.ts';
import { defaultBootstrap } from './default-bootstrap.ts';
import { type Io, outputClosed } from './io.ts';

export interface LagArguments {
  readonly bootstrap?: string | undefined;
  /** Until `stop`, or for ever. */
  readonly watch?: boolean | undefined;
  /** Between two refreshes, as `500ms`; 2 s unless told. */
  readonly interval?: string | undefined;
  /** One object a reading, each on its line with `watch`. */
  readonly json?: boolean | undefined;
  readonly env?: NodeJS.ProcessEnv;
  readonly stop?: AbortSignal;
  /** Whether a refresh may clear what is shown. */
  readonly screen?: boolean;
  /** Of the terminal, where there is one; a table of a watch is no wider. */
  readonly columns?: number | undefined;
}

/** Cursor home, and everything below it gone. */
const clearScreen = '\u001b[H\u001b[J';
const mostNamed = 8;

/**
 * `lag GROUP`: what `kafka-consumer-groups --describe` prints. Rejects with BenchError where there is no such group or
 * no broker answers; with `watch` only at the first reading.
 */
export async function runLag(group: string, args: LagArguments, io: Io): Promise<ExitCode> {
  const intervalMillis = parseInterval(args.interval ?? '2s');
  const bootstrap = args.bootstrap ?? (await defaultBootstrap(args.env ?? process.env));
  const admin = await connectAdmin({ bootstrap });
  try {
    let shown = show(await existing(admin, group), args, io, null);
    while (args.watch === true && args.stop?.aborted !== true && !outputClosed.aborted) {
      await sleep(intervalMillis, outputClosed);
      try {
        shown = show(await existing(admin, group), args, io, shown);
      } catch (error) {
        // A broker that is down is a reason to go on watching.
        if (!(error instanceof BenchError)) throw error;
        io.err(error.message);
      }
    }
    return exitCodes.ok;
  } finally {
    await admin.close();
  }
}

/** @returns what was shown, for the next refresh to be compared with */
function show(lag: GroupLag, args: LagArguments, io: Io, previous: LagReading | null): LagReading {
  const reading = { at: Date.now(), state: lag.state, partitions: lag.partitions };
  if (args.json === true) {
    io.out(JSON.stringify(lag, null, args.watch === true ? 0 : 2));
    return reading;
  }
  if (args.watch === true) {
    const screen = args.screen ?? process.stdout.isTTY;
    const columns = args.columns ?? (process.stdout.isTTY ? process.stdout.columns : Infinity);
    const lines = renderLagWatch(lag.group, reading, previous, columns);
    // One call a refresh: half of a picture is none.
    io.out(`${screen ? clearScreen : ''}${lines.join('\n')}`);
    return reading;
  }
  const note = stateNote(lag);
  if (note) io.err(note);
  for (const { whole } of renderRemoved(lag.partitions)) io.err(whole);
  if (lag.partitions.length > 0) for (const line of renderLag(lag.group, lag.partitions)) io.out(line);
  return reading;
}

function stateNote({ group, state, partitions }: GroupLag): string | undefined {
  if (state === 'Empty') return `group ${group} has no active members`;
  if (state !== 'Stable') return `group ${group} is rebalancing (${state})`;
  return partitions.length === 0 ? `group ${group} has no partitions and has committed nothing` : undefined;
}

async function existing(admin: Admin, group: string): Promise<GroupLag> {
  const lag = await readGroupLag(admin, group);
  if (lag) return lag;
  const groups = (await admin.listGroups()).map((listing) => listing.group);
  const more = groups.length > mostNamed ? ', …' : '';
  throw new BenchError('cluster', `there is no consumer group ${group}`, {
    hint:
      groups.length === 0
        ? 'the cluster has no groups'
        : `the cluster has ${groups.slice(0, mostNamed).join(', ')}${more}`,
  });
}

function parseInterval(text: string): number {
  const micros = parseDuration(text);
  if (micros === undefined || micros < 100_000) {
    throw new BenchError('usage', `--interval "${text}" is not a duration of at least 100ms`, {
      hint: '--interval 500ms',
    });
  }
  return micros / 1000;
}
