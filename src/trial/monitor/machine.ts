import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';

/** What else this machine did while we measured; null where the system does not tell. */
export interface MachineUse {
  /** Taken by the hypervisor for other guests, as a share of all cores. */
  readonly steal: number | null;
  /** Of processes that belong neither to the harness nor to the cluster, all together, as a share of all cores. */
  readonly others: number | null;
  /** Share of the time in which something that could run waited for a processor (pressure stall information). */
  readonly pressure: number | null;
}

export const unknownUse: MachineUse = { steal: null, others: null, pressure: null };

export interface MachineOptions {
  /** Processes of the harness, by pid, as they are now. */
  readonly harness: () => readonly number[];
  /** Those of the brokers; null where they run here and cannot be told from others. */
  readonly brokers: () => Promise<readonly number[] | null>;
  /** Where the system tells of itself. */
  readonly proc?: string;
}

interface Sample {
  readonly total: number;
  /** Not idle and not stolen. */
  readonly busy: number;
  readonly steal: number;
  /** µs */
  readonly waited: number | null;
  /** µs since the system's start. */
  readonly at: number;
}

const lookMillis = 1000;

/**
 * Reads Linux's /proc from begin() to end(); elsewhere everything is unknown. Others' part is what is left of all busy
 * time when that of our processes is taken off, so that a thousand short processes count as much as one long one. Our
 * own are looked at each second: what a process has used is not told once it has ended.
 */
export class MachineMeter {
  readonly #options: MachineOptions;
  readonly #proc: string;
  #from: Sample | null = null;
  /** Ticks by pid: before the measurement, and when last seen. */
  readonly #before = new Map<number, number>();
  readonly #last = new Map<number, number>();
  #timer: NodeJS.Timeout | undefined;
  #brokers: Promise<readonly number[] | null> = Promise.resolve([]);

  constructor(options: MachineOptions) {
    this.#options = options;
    this.#proc = options.proc ?? '/proc';
  }

  begin(): void {
    this.#from = this.#sample();
    if (this.#from === null) return;
    this.#look(this.#options.harness(), true);
    this.#brokers = this.#options.brokers().then(
      (pids) => {
        this.#look(pids ?? [], true);
        return pids;
      },
      () => null,
    );
    this.#timer = setInterval(
      () => this.#look([...this.#options.harness(), ...this.#last.keys()]),
      lookMillis,
    );
    this.#timer.unref();
  }

  async end(): Promise<MachineUse> {
    clearInterval(this.#timer);
    if (this.#from === null) return unknownUse;
    const first = await this.#brokers;
    const now = await this.#options.brokers().catch(() => null);
    const to = this.#sample();
    if (to === null || to.total <= this.#from.total) return unknownUse;
    this.#look([...this.#options.harness(), ...(now ?? []), ...this.#last.keys()]);
    const total = to.total - this.#from.total;
    let own = 0;
    for (const [pid, ticks] of this.#last) own += ticks - (this.#before.get(pid) ?? 0);
    const others = Math.max(0, to.busy - this.#from.busy - own) / total;
    const { waited, at } = this.#from;
    return {
      steal: (to.steal - this.#from.steal) / total,
      others: first === null || now === null ? null : others,
      pressure: waited === null || to.waited === null ? null : (to.waited - waited) / (to.at - at),
    };
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** A process that is first seen when the measurement has begun has begun in it. */
  #look(pids: readonly number[], before = false): void {
    for (const pid of pids) {
      const ticks = processTicks(this.#proc, pid);
      if (ticks === null) continue;
      if (before && !this.#before.has(pid)) this.#before.set(pid, ticks);
      this.#last.set(pid, ticks);
    }
  }

  #sample(): Sample | null {
    if (this.#options.proc === undefined && os.platform() !== 'linux') return null;
    try {
      const fields = readFileSync(join(this.#proc, 'stat'), 'utf8')
        .split('\n', 1)[0]!
        .trim()
        .split(/\s+/)
        .slice(1)
        .map(Number);
      // user nice system idle iowait irq softirq steal; the guest times are part of the first two (proc(5)).
      const total = fields.slice(0, 8).reduce((sum, value) => sum + value, 0);
      const [idle = 0, iowait = 0] = fields.slice(3, 5);
      const steal = fields[7] ?? 0;
      const waited = this.#pressure();
      return {
        total,
        busy: total - idle - iowait - steal,
        steal,
        waited,
        at: Number(process.hrtime.bigint() / 1000n),
      };
    } catch {
      return null;
    }
  }

  /** `some … total=N` of /proc/pressure/cpu, µs. */
  #pressure(): number | null {
    const file = join(this.#proc, 'pressure', 'cpu');
    if (!existsSync(file)) return null;
    const total = /^some .*total=(\d+)/m.exec(readFileSync(file, 'utf8'))?.[1];
    return total === undefined ? null : Number(total);
  }
}

/** utime + stime of /proc/PID/stat, fields 14 and 15; the name in field 2 may hold spaces. Null: it has ended. */
function processTicks(proc: string, pid: number): number | null {
  try {
    const stat = readFileSync(join(proc, String(pid), 'stat'), 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return null;
  }
}
