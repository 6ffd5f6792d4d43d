import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { sleep } from '../../base/clock.ts';
import { BenchError } from '../../base/errors.ts';
import { identityOf } from './process-identity.ts';

const patienceMillis = 30_000;

/** Runs `operation` while holding `path`, which names its holder, so that a killed holder's lock is taken over. */
export async function withFileLock<T>(path: string, operation: () => Promise<T>): Promise<T> {
  const mine = JSON.stringify(identityOf(process.pid));
  const deadline = performance.now() + patienceMillis;
  while (!acquire(path, mine)) {
    if (isAbandoned(path)) rmSync(path, { force: true });
    else if (performance.now() > deadline) {
      throw new BenchError('cluster', `the lock ${path} has been held for ${patienceMillis / 1000} s`, {
        hint: 'another kafka-bench is starting a cluster; remove the file if there is none',
      });
    } else await sleep(20);
  }
  try {
    return await operation();
  } finally {
    rmSync(path, { force: true });
  }
}

function acquire(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function isAbandoned(path: string): boolean {
  try {
    const holder = JSON.parse(readFileSync(path, 'utf8')) as { pid: number; startTime: string };
    return identityOf(holder.pid)?.startTime !== holder.startTime;
  } catch {
    // Just released, or just being written.
    return false;
  }
}
