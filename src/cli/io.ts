/** Where a command prints: results to `out`, everything about how it goes to `err`. A call is one or more whole lines. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
}

export const terminal: Io = {
  out: (text) => write(process.stdout, text),
  err: (text) => write(process.stderr, text),
};

// `kafka-bench … | head` closes the pipe early: what it did not want to read is no error of ours.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

function write(stream: NodeJS.WriteStream, text: string): void {
  stream.write(text.endsWith('\n') ? text : `${text}\n`);
}
