// The exit code says what happened, whatever happens: 1 is a gate that failed, and Node would give it to a crash; 13, with
// no word, is its answer to a promise that nothing settles.
import { writeSync } from 'node:fs';

/** As in src/base/exit-codes.ts. */
const failed = 5;

/** Errors of the system, which a stack does not explain. */
const systemErrors = ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'ENOMEM', 'EIO'];

/**
 * Whether the error is one of the system's: permissions, disks, limits.
 * @param {unknown} error
 */
export function isSystemError(error) {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && systemErrors.includes(code);
}

/**
 * To be called first. @returns what the command ends with: its exit code.
 * @param {{ say?: (text: string) => void }} [options] where a crash is told, stderr by default
 */
export function watchExit({ say = toStandardError } = {}) {
  let ended = false;
  // Who prints judges what became of it (src/cli/io.ts); unheard, an error of a stream is a crash.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  process.on('uncaughtException', (error) => {
    ended = true;
    const lines = isSystemError(error)
      ? [`error: ${error.message}`]
      : [
          `error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
          'hint: this is a bug in kafka-bench; please report it with the lines above',
        ];
    say(`${lines.join('\n')}\n`);
    process.exit(failed);
  });
  process.on('exit', () => {
    // An exit that was asked for has its own code.
    const asked = process.exitCode !== undefined && process.exitCode !== 0 && process.exitCode !== 13;
    if (ended || asked) return;
    process.exitCode = failed;
    say(
      'error: the command ended before its work did: nothing was left to wait for\n' +
        'hint: this is a bug in kafka-bench; please report it with the command line\n',
    );
  });
  return /** @param {number} code */ (code) => {
    ended = true;
    process.exitCode = code;
  };
}

/** @param {string} text Written at once, as nothing is waited for any more. */
function toStandardError(text) {
  try {
    writeSync(2, text);
  } catch {
    // There is nobody left to tell.
  }
}
