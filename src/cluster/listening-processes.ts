import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Docker's process that carries one published port's connections into the container. */
const dockerProxy = 'docker-proxy';

/**
 * Processes of this machine that listen on these TCP ports; null where one of them cannot be found, as those of other
 * users cannot, or where Docker's proxy listens for a container.
 */
export function listeningProcesses(ports: readonly number[], proc = '/proc'): readonly number[] | null {
  try {
    const found = listeners(ports, proc);
    const heard = new Set([...found.values()].flatMap((own) => [...own]));
    const pids = [...found.keys()];
    if (heard.size < new Set(ports).size || pids.some((pid) => nameOf(pid, proc) === dockerProxy))
      return null;
    return pids;
  } catch {
    return null;
  }
}

/**
 * Processes that carry connections from these published ports into containers, as far as there are such: who listens
 * there, and Docker's proxies, which belong to root and name their port on the command line. The daemon itself, which
 * may hold a port too, does more than that and is not among them.
 */
export function forwardingProcesses(ports: readonly number[], proc = '/proc'): readonly number[] {
  try {
    const listening = [...listeners(ports, proc).keys()].filter((pid) => nameOf(pid, proc) !== 'dockerd');
    const proxies = processes(proc).filter((pid) => ports.includes(proxiedPort(pid, proc) ?? NaN));
    return [...new Set([...listening, ...proxies])];
  } catch {
    // No /proc: a system that does not tell of its processes.
    return [];
  }
}

/** The ports that each process listens on, of those that may be looked into. */
function listeners(ports: readonly number[], proc: string): Map<number, Set<number>> {
  const inodes = listeningInodes(ports, proc);
  const found = new Map<number, Set<number>>();
  for (const pid of processes(proc)) {
    const own = socketsOf(pid, proc).flatMap((inode) => inodes.get(inode) ?? []);
    if (own.length > 0) found.set(pid, new Set(own));
  }
  return found;
}

function processes(proc: string): number[] {
  return readdirSync(proc)
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number);
}

/** Empty where it has ended. */
function nameOf(pid: number, proc: string): string {
  try {
    return readFileSync(join(proc, String(pid), 'comm'), 'utf8').trim();
  } catch {
    return '';
  }
}

/** `-host-port N` of a docker-proxy; undefined for every other process. */
function proxiedPort(pid: number, proc: string): number | undefined {
  if (nameOf(pid, proc) !== dockerProxy) return undefined;
  try {
    const words = readFileSync(join(proc, String(pid), 'cmdline'), 'utf8').split('\0');
    const flag = words.indexOf('-host-port');
    return flag === -1 ? undefined : Number(words[flag + 1]);
  } catch {
    return undefined;
  }
}

/** Ports by the inode of the socket that listens there. */
function listeningInodes(ports: readonly number[], proc: string): Map<string, number> {
  const listening = '0A';
  const inodes = new Map<string, number>();
  for (const table of ['tcp', 'tcp6']) {
    const file = join(proc, 'net', table);
    if (!existsSync(file)) continue;
    for (const line of readFileSync(file, 'utf8').split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      const port = parseInt(fields[1]?.split(':')[1] ?? '', 16);
      if (fields[3] === listening && ports.includes(port)) inodes.set(fields[9]!, port);
    }
  }
  return inodes;
}

function socketsOf(pid: number, proc: string): string[] {
  const directory = join(proc, String(pid), 'fd');
  try {
    return readdirSync(directory).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(join(directory, fd)))?.[1] ?? [];
      } catch {
        return [];
      }
    });
  } catch {
    // Of another user, or gone.
    return [];
  }
}
