import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';

const ticksPerSecond = 100;

/** What this machine is, as the head of the report says it. */
export function describeMachine(): string {
  const model = os.cpus()[0]?.model.trim() ?? 'unknown CPU';
  return `${os.availableParallelism()} cores of ${model}, Node ${process.versions.node}, ${os.type()} ${os.release()}`;
}

export function loadAverage(): string {
  return os
    .loadavg()
    .map((load) => load.toFixed(2))
    .join(' ');
}

/**
 * Cores that programs other than this benchmark and its children used since `start`; null where /proc is missing.
 * Brokers and workers are children, also after they have ended: their parent's ticks hold theirs.
 */
export class OtherPrograms {
  #from = sample();
  #at = performance.now();

  /** Since the last reading. */
  read(): number | null {
    const [from, to, seconds] = [this.#from, sample(), (performance.now() - this.#at) / 1000];
    this.#from = to;
    this.#at = performance.now();
    if (!from || !to) return null;
    return Math.max(0, to.busy - from.busy - (to.ours - from.ours)) / ticksPerSecond / seconds;
  }
}

interface Sample {
  readonly busy: number;
  readonly ours: number;
}

function sample(): Sample | null {
  try {
    const first = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]!;
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = first
      .trim()
      .split(/\s+/)
      .slice(1)
      .map(Number);
    return { busy: user + nice + system + irq + softirq, ours: ticksOfTree(process.pid) };
  } catch {
    return null;
  }
}

/** utime, stime, cutime and cstime (fields 14-17 of /proc/PID/stat) of a process and its living descendants. */
function ticksOfTree(root: number): number {
  const ticks = new Map<number, number>();
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const fields = statOf(entry);
    if (!fields) continue;
    const parent = Number(fields[1]);
    ticks.set(
      Number(entry),
      fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0),
    );
    children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  const total = (pid: number): number =>
    (children.get(pid) ?? []).reduce((sum, child) => sum + total(child), ticks.get(pid) ?? 0);
  return total(root);
}

/** From the state on: the name before it may hold spaces. */
function statOf(pid: string): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
