import { BenchError } from '../../base/errors.ts';
import type { MockHost } from '../../cluster/request.ts';
import { WorkerProcess, type WorkerSilence } from './worker-process.ts';

/** Forks the process that hosts the mock cluster. `onFailure` hears of its death while it should live. */
export async function startMockHost(
  brokers: number,
  onFailure: (error: Error) => void,
  onSilence: (silence: WorkerSilence) => void = () => undefined,
): Promise<MockHost> {
  const worker = new WorkerProcess(
    {
      role: 'mock-host',
      worker: 'mock-host',
      run: 0,
      seed: 0,
      showMessagesPerSecond: 0,
      evidence: null,
      brokers,
    },
    () => undefined,
    { silence: onSilence },
  );
  worker.failure.catch(onFailure);
  const ready = await worker.ready;
  if (ready.role !== 'mock-host') throw new BenchError('worker', 'the mock host answered in another role');
  return {
    brokers: ready.brokers.map(({ id, host, port }) => ({ id, host, port, name: `kafka${id}` })),
    stop: () => worker.end(),
  };
}
