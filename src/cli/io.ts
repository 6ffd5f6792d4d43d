import { messageOf } from '../base/errors.ts';

/** Where a command prints: results to `out`, everything about how it goes to `err`. A call is one or more whole lines. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  /** Why what was printed to `out` is not where it should be, once all of it has been handed over; null: it is. */
  readonly lost?: () => Promise<string | null>;
}

/** Aborted when nobody reads the output any more: `kafka-bench … | head` closes the pipe early, which is no error. */
const closed = new AbortController();
export const outputClosed: AbortSignal = closed.signal;

/** The first error of each stream. */
const failures = new Map<NodeJS.WriteStream, Error>();
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') failures.set(stream, failures.get(stream) ?? error);
    else if (stream === process.stdout) closed.abort();
  });
}

export const terminal: Io = {
  out: (text) => write(process.stdout, text),
  err: (text) => write(process.stderr, text),
  async lost() {
    // A stream tells its errors a turn later, and a pipe's when it has been written to.
    if (process.stdout.writableLength > 0) {
      await new Promise<void>((written) => process.stdout.write('', () => written()));
    }
    await new Promise((turn) => setImmediate(turn));
    const error = failures.get(process.stdout);
    return error === undefined ? null : messageOf(error);
  },
};

function write(stream: NodeJS.WriteStream, text: string): void {
  stream.write(text.endsWith('\n') ? text : `${text}\n`);
}
