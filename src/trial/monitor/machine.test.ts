import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MachineMeter, type MachineOptions } from './machine.ts';

let proc: string;
beforeEach(() => (proc = mkdtempSync(join(tmpdir(), 'kafka-bench-proc-'))));
afterEach(() => rmSync(proc, { recursive: true, force: true }));

/** Ticks of all cores since the system's start. */
const system = (ticks: {
  user?: number;
  idle?: number;
  iowait?: number;
  steal?: number;
  waited?: number;
}) => {
  const { user = 0, idle = 0, iowait = 0, steal = 0, waited } = ticks;
  writeFileSync(join(proc, 'stat'), `cpu  ${user} 0 0 ${idle} ${iowait} 0 0 ${steal} 0 0\ncpu0 …\n`);
  if (waited === undefined) return;
  mkdirSync(join(proc, 'pressure'), { recursive: true });
  writeFileSync(join(proc, 'pressure', 'cpu'), `some avg10=1.00 avg60=1.00 total=${waited}\nfull total=0\n`);
};
const processUsed = (pid: number, ticks: number) => {
  mkdirSync(join(proc, String(pid)), { recursive: true });
  const before = new Array<number>(11).fill(0).join(' ');
  writeFileSync(join(proc, String(pid), 'stat'), `${pid} (a (b) c) ${before} ${ticks} 0 0 0\n`);
};
const meter = (more: Partial<MachineOptions> = {}) =>
  new MachineMeter({ harness: () => [1], brokers: () => Promise.resolve([2]), proc, ...more });

/** Brokers have been asked for. */
const begun = async (measured: MachineMeter): Promise<void> => {
  measured.begin();
  await Promise.resolve();
  await Promise.resolve();
};

describe('MachineMeter', () => {
  beforeEach(() => {
    processUsed(1, 500);
    processUsed(2, 9000);
    system({ user: 10_000, idle: 10_000 });
  });

  it('counts all that is not ours, however many processes it was and however short they lived', async () => {
    const measured = meter();
    await begun(measured);
    // 1000 ticks of two cores: 200 ours, 300 the broker's, 400 of processes that nobody sees any more.
    processUsed(1, 700);
    processUsed(2, 9300);
    system({ user: 10_900, idle: 10_090, iowait: 10 });
    const { others, steal, pressure } = await measured.end();
    expect(others).toBeCloseTo(0.4, 9);
    expect(steal).toBe(0);
    expect(pressure).toBeNull();
  });

  it('finds nobody else where there is nobody', async () => {
    const measured = meter();
    await begun(measured);
    processUsed(1, 1300);
    processUsed(2, 9200);
    system({ user: 11_000, idle: 10_000, steal: 250 });
    expect(await measured.end()).toEqual({ others: 0, steal: 0.2, pressure: null });
  });

  it('takes a broker that was started meanwhile for one of ours', async () => {
    const pids = [2];
    const measured = meter({ brokers: () => Promise.resolve([...pids]) });
    await begun(measured);
    pids.push(3);
    processUsed(3, 400);
    system({ user: 10_400, idle: 10_600 });
    expect((await measured.end()).others).toBe(0);
  });

  it('says nothing of others where brokers cannot be told from them', async () => {
    const measured = meter({ brokers: () => Promise.resolve(null) });
    await begun(measured);
    system({ user: 11_000, idle: 10_000, steal: 1000 });
    expect(await measured.end()).toMatchObject({ others: null, steal: 0.5 });
  });

  it('tells for how much of the time something waited for a processor', async () => {
    system({ user: 10_000, idle: 10_000, waited: 5_000_000 });
    const measured = meter();
    await begun(measured);
    system({ user: 10_100, idle: 10_100, waited: 6_000_000 });
    expect((await measured.end()).pressure).toBeGreaterThan(0);
  });

  it('knows nothing where the system does not tell', async () => {
    rmSync(join(proc, 'stat'));
    const measured = meter();
    await begun(measured);
    expect(await measured.end()).toEqual({ steal: null, others: null, pressure: null });
  });
});
