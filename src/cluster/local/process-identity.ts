import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { sleep } from '../../base/clock.ts';

/** A process that cannot be mistaken for a later one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot (Linux) or a date (elsewhere); only ever compared. */
  readonly startTime: string;
}

/** Identity of a running process, undefined when there is none (a zombie is none). */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const found = process.platform === 'linux' ? linuxStat(pid) : bsdStat(pid);
  return found && found.state !== 'Z' ? { pid, startTime: found.startTime } : undefined;
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identityOf(identity.pid)?.startTime === identity.startTime;
}

/** SIGSTOPped: it holds its connections and answers nothing. */
export function isStopped(identity: ProcessIdentity): boolean {
  const found = process.platform === 'linux' ? linuxStat(identity.pid) : bsdStat(identity.pid);
  return found?.startTime === identity.startTime && found.state === 'T';
}

/** Signals that process and no other; false when it is gone. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Resolves true once the process has ended, false when `millis` pass first. */
export async function waitForExit(identity: ProcessIdentity, millis: number): Promise<boolean> {
  const deadline = performance.now() + millis;
  while (isAlive(identity)) {
    if (performance.now() > deadline) return false;
    await sleep(30);
  }
  return true;
}

function linuxStat(pid: number): { state: string; startTime: string } | undefined {
  try {
    // The command in parentheses may hold spaces and parentheses itself; fields 3 and 22 are counted behind it.
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    // A killed JVM's first thread is a zombie while its others still hold the ports: until then it counts as alive.
    const state = fields[0] === 'Z' && Number(fields[17]) > 1 ? 'D' : fields[0]!;
    return { state, startTime: fields[19]! };
  } catch {
    return undefined;
  }
}

function bsdStat(pid: number): { state: string; startTime: string } | undefined {
  try {
    const text = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    const [state = '', ...start] = text.split(/\s+/);
    return start.length === 0 ? undefined : { state: state.charAt(0), startTime: start.join(' ') };
  } catch {
    return undefined;
  }
}
