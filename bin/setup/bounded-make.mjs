// The binding's own build says `make -j`, without a number: one compiler for each of librdkafka's ninety files at
// once. An option on the command line wins over every variable, so a `make` of ours stands before the real one.
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A compiler of librdkafka's largest files takes 300 MB. */
const bytesPerCompiler = 512 * 2 ** 20;

/**
 * How many compilers may run at once: one a core, fewer where memory does not suffice, at least one.
 * @param {{cores: number, memory: number}} [machine] `memory` in bytes, what is left of it
 */
export function compilersAtOnce(
  machine = { cores: availableParallelism(), memory: process.availableMemory() },
) {
  return Math.max(1, Math.min(machine.cores, Math.floor(machine.memory / bytesPerCompiler)));
}

/**
 * A directory for the front of PATH, with a `make` that runs the real one and puts `jobs` behind a `-j` that stands
 * alone. Makes below it share that number (make's job server). `remove` takes the directory away again.
 * @param {number} jobs @param {string} path the PATH in which the real make is looked for
 * @returns {{directory: string, remove: () => void}}
 */
export function boundedMake(jobs, path) {
  const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-make-'));
  const real = executable('make', path);
  if (real !== null) writeFileSync(join(directory, 'make'), script(real, jobs), { mode: 0o755 });
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** @param {string} real @param {number} jobs */
const script = (real, jobs) => `#!/bin/sh
for argument; do
  shift
  if [ "$argument" = -j ] || [ "$argument" = --jobs ]; then
    case "$1" in
      [0-9]*) ;;
      *) argument=-j${jobs} ;;
    esac
  fi
  set -- "$@" "$argument"
done
exec '${real.replaceAll("'", "'\\''")}' "$@"
`;

/** @param {string} name @param {string} path */
function executable(name, path) {
  for (const directory of path.split(delimiter)) {
    const file = join(directory, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this one.
    }
  }
  return null;
}
