import type { RunObserver } from '../trial/observer.ts';
import { renderMessage } from '../report/message-line.ts';
import { renderProgress } from '../report/progress-line.ts';
import type { Io } from './io.ts';

const plainEveryMillis = 5000;
const clearLine = '\r\u001b[K';

/**
 * Shows a run while it goes on: one line that is rewritten on a terminal, a plain line every few seconds
 * elsewhere, nothing with --quiet. Warnings are left to the summary, which repeats none.
 */
export function runDisplay(
  io: Io,
  options: { quiet: boolean; stream: NodeJS.WriteStream; now?: () => number },
): RunObserver & { end(): void } {
  const live = options.stream.isTTY && !options.quiet;
  const now = options.now ?? Date.now;
  let shownAt = 0;
  let open = false;
  const closeLine = (): void => {
    if (open) options.stream.write(clearLine);
    open = false;
  };
  return {
    status(line) {
      closeLine();
      if (!options.quiet) io.err(line);
    },
    progress(progress) {
      if (options.quiet) return;
      const line = renderProgress(progress);
      if (live) {
        const columns = options.stream.columns || 80;
        options.stream.write(
          `${clearLine}${line.length < columns ? line : `${line.slice(0, columns - 2)}…`}`,
        );
        open = true;
      } else if (now() - shownAt >= plainEveryMillis) {
        shownAt = now();
        io.err(line);
      }
    },
    shown(message) {
      closeLine();
      io.out(renderMessage(message));
    },
    warning: () => undefined,
    end: closeLine,
  };
}
