/** Where a command prints: results to `out`, everything about how it goes to `err`. A call is one or more whole lines. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
}

export const terminal: Io = {
  out: (text) => write(process.stdout, text),
  err: (text) => write(process.stderr, text),
};

function write(stream: NodeJS.WriteStream, text: string): void {
  stream.write(text.endsWith('\n') ? text : `${text}\n`);
}
