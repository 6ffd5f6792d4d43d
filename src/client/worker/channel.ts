import type { FromWorker, ToWorker } from '../../protocol/messages.ts';

/** The worker's end of the protocol. */
export interface Channel {
  send(message: FromWorker): void;
  /** One listener; messages that arrived before it are delivered first. */
  onMessage(listener: (message: ToWorker) => void): void;
}

/**
 * The IPC channel of a forked process. When the coordinator is gone there is nobody to work for: the process
 * ends at once, so that even a killed coordinator leaves none behind.
 */
export function parentChannel(): Channel {
  let listener: ((message: ToWorker) => void) | undefined;
  const early: ToWorker[] = [];
  process.on('message', (message) => {
    if (listener) listener(message as ToWorker);
    else early.push(message as ToWorker);
  });
  // process.exit() waits for threads, and one of librdkafka's may be waiting for brokers that are gone.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  return {
    send: (message) => {
      if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
    },
    onMessage(next) {
      listener = next;
      for (const message of early.splice(0)) next(message);
    },
  };
}
