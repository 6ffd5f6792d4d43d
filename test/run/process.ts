import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { RunResult } from '../../src/results/schema.ts';

const command = resolve(import.meta.dirname, '../../bin/kafka-bench.mjs');

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** From the last `mark()` to the end. */
  readonly millisSinceMark: number;
}

/** The command as a process, in a process group of its own as a terminal would start it. */
export class KafkaBench {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  #marked = Date.now();
  #out = '';
  #err = '';

  constructor(args: readonly string[], env: NodeJS.ProcessEnv) {
    this.child = spawn(process.execPath, [command, ...args], {
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.#out += text));
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.#err += text));
    this.ended = new Promise((done) =>
      this.child.once('close', (code) =>
        done({ code, out: this.#out, err: this.#err, millisSinceMark: Date.now() - this.#marked }),
      ),
    );
  }

  get pid(): number {
    return this.child.pid!;
  }

  mark(): void {
    this.#marked = Date.now();
  }

  /** As Ctrl-C does: to every process of the group. */
  interrupt(): void {
    process.kill(-this.pid, 'SIGINT');
  }

  /** Waits until stderr has said something. */
  async said(text: string, millis = 60_000): Promise<void> {
    const deadline = Date.now() + millis;
    while (!this.#err.includes(text)) {
      if (Date.now() > deadline || this.child.exitCode !== null)
        throw new Error(`never said "${text}": ${this.#err}`);
      await new Promise((turn) => setTimeout(turn, 50));
    }
  }

  /** Pids of the worker processes that are its children (Linux). */
  workers(): number[] {
    return readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .map(Number)
      .filter((pid) => {
        try {
          const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
          const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
          return (
            parent === this.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('worker/main.js')
          );
        } catch {
          return false;
        }
      });
  }
}

/** The only result in a directory. */
export function onlyResult(directory: string): RunResult {
  const files = readdirSync(directory).filter((name) => name.endsWith('.json'));
  if (files.length !== 1) throw new Error(`one result expected in ${directory}, found ${files.length}`);
  return JSON.parse(readFileSync(join(directory, files[0]!), 'utf8')) as RunResult;
}

/** Processes whose command line names a file below a directory: brokers of a cluster that lives there. */
export function processesNaming(text: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      try {
        return pid !== process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
      } catch {
        return false;
      }
    });
}
