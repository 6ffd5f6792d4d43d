import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';

/** What else this machine did while we measured, as shares of all its cores; null where the system does not tell. */
export interface MachineUse {
  /** Taken by the hypervisor for other guests. */
  readonly steal: number | null;
  /** Of the busiest process that belongs neither to the harness nor to the cluster. */
  readonly others: number | null;
}

interface Sample {
  readonly total: number;
  readonly steal: number;
  readonly processes: ReadonlyMap<number, number>;
}

/** Reads Linux's /proc at the start and at the end; elsewhere both shares are unknown. */
export class MachineMeter {
  readonly #from = sample();

  /** `ours` are the processes not to count, by pid. */
  read(ours: ReadonlySet<number>): MachineUse {
    const to = sample();
    if (!this.#from || !to || to.total <= this.#from.total) return { steal: null, others: null };
    const total = to.total - this.#from.total;
    let others = 0;
    for (const [pid, ticks] of to.processes) {
      if (!ours.has(pid)) others = Math.max(others, ticks - (this.#from.processes.get(pid) ?? 0));
    }
    return { steal: (to.steal - this.#from.steal) / total, others: others / total };
  }
}

function sample(): Sample | null {
  if (os.platform() !== 'linux') return null;
  try {
    const fields = readFileSync('/proc/stat', 'utf8')
      .split('\n', 1)[0]!
      .trim()
      .split(/\s+/)
      .slice(1)
      .map(Number);
    // user nice system idle iowait irq softirq steal; the guest times are part of the first two (proc(5)).
    const total = fields.slice(0, 8).reduce((sum, value) => sum + value, 0);
    const processes = new Map<number, number>();
    for (const entry of readdirSync('/proc')) {
      if (/^\d+$/.test(entry)) processes.set(Number(entry), processTicks(entry));
    }
    return { total, steal: fields[7] ?? 0, processes };
  } catch {
    return null;
  }
}

/** utime + stime of /proc/PID/stat, fields 14 and 15; the name in field 2 may hold spaces. */
function processTicks(pid: string): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return 0;
  }
}
