import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { identityOf, isAlive, isStopped, signalProcess, waitForExit } from './process-identity.ts';

test('a process is known by pid and start time', async () => {
  const child = spawn('sleep', ['30'], { stdio: 'ignore' });
  const identity = identityOf(child.pid!)!;
  expect(isAlive(identity)).toBe(true);
  const other = { ...identity, startTime: '0' };
  expect(isAlive(other)).toBe(false);
  expect(signalProcess(other, 'SIGKILL')).toBe(false);
  expect(await waitForExit(identity, 50)).toBe(false);

  expect(isStopped(identity)).toBe(false);
  signalProcess(identity, 'SIGSTOP');
  await waitForExit(identity, 50);
  expect(isStopped(identity)).toBe(true);

  signalProcess(identity, 'SIGKILL');
  expect(await waitForExit(identity, 5_000)).toBe(true);
  expect(identityOf(child.pid!)).toBeUndefined();
});
