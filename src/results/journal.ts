import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { BenchError, messageOf, type Warning } from '../base/errors.ts';
import { writeWhole } from '../base/write-whole.ts';

/** The files of one run: `.json` is the result; the others grow while it goes on, so that a crash leaves evidence. */
export interface RunFiles {
  readonly result: string;
  readonly journal: string;
  readonly hlog: string;
  /** Directory of what the delivery verdict rests on. */
  readonly evidence: string;
}

export function runFiles(directory: string, startedAt: Date, scenario: string, runId: string): RunFiles {
  const time = startedAt.toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '');
  const stem = `${directory}/${time}-${scenario.replace(/[^A-Za-z0-9._-]/g, '_')}-${runId}`;
  return {
    result: `${stem}.json`,
    journal: `${stem}.jsonl`,
    hlog: `${stem}.hlog`,
    evidence: `${stem}.evidence`,
  };
}

/** A file that is only appended to. When the disk fills, writing stops with one warning and the run goes on. */
export class AppendFile {
  readonly #path: string;
  #file: number | undefined;
  warning: Warning | undefined;

  constructor(path: string) {
    this.#path = path;
    try {
      mkdirSync(dirname(path), { recursive: true });
      this.#file = openSync(path, 'wx');
    } catch (error) {
      throw new BenchError('results', `cannot write ${path}: ${messageOf(error)}`, {
        hint: 'choose another place with --results DIR',
        cause: error,
      });
    }
  }

  append(text: string): void {
    if (this.#file === undefined) return;
    try {
      writeWhole(this.#file, text);
    } catch (error) {
      this.warning = {
        code: 'journal-stopped',
        message: `stopped writing ${this.#path}: ${messageOf(error)}`,
      };
      this.close();
    }
  }

  /** Closes and removes it: nothing was measured. */
  discard(): void {
    this.close();
    rmSync(this.#path, { force: true });
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}
