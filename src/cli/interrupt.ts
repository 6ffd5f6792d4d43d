import { exitCodes, type ExitCode } from '../base/exit-codes.ts';

/** What Ctrl-C and SIGTERM ask for: once to stop in order, twice to end at once. */
export interface Interrupt {
  readonly stop: AbortSignal;
  readonly cut: AbortSignal;
  /** The exit code for the signal that came, if one did. */
  readonly code: () => ExitCode | undefined;
  dispose(): void;
}

export function listenForInterrupt(say: (line: string) => void): Interrupt {
  const stop = new AbortController();
  const cut = new AbortController();
  let code: ExitCode | undefined;
  const heard = (signal: NodeJS.Signals): void => {
    code ??= signal === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated;
    if (cut.signal.aborted) process.exit(code);
    if (stop.signal.aborted) {
      say('ending at once');
      cut.abort();
      return;
    }
    say('stopping: no more is sent, what is in flight is waited for; once more to end at once');
    stop.abort();
  };
  process.on('SIGINT', heard);
  process.on('SIGTERM', heard);
  return {
    stop: stop.signal,
    cut: cut.signal,
    code: () => code,
    dispose() {
      process.off('SIGINT', heard);
      process.off('SIGTERM', heard);
    },
  };
}
