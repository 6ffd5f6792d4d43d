import type { Warning } from '../../base/errors.ts';
import { hlogHeader } from '../../measure/hlog.ts';
import { AppendFile, type RunFiles } from '../../results/journal.ts';
import { IntervalCollector } from '../../judge/performance/intervals.ts';
import type { RunObserver } from '../observer.ts';

/** What a run keeps while it goes on: its warnings, its seconds, and the files that grow with them. */
export class RunLog {
  readonly warnings: Warning[] = [];
  readonly intervals: IntervalCollector;
  readonly #observer: RunObserver;
  readonly #journal: AppendFile;
  readonly #hlog: AppendFile;

  constructor(files: RunFiles, observer: RunObserver) {
    this.#observer = observer;
    this.#journal = new AppendFile(files.journal);
    this.#hlog = new AppendFile(files.hlog);
    this.intervals = new IntervalCollector((second, lines) => {
      this.#journal.append(`${JSON.stringify(second)}\n`);
      this.#hlog.append(lines.join(''));
    });
  }

  /** Before the first second: the interval log counts its times from the measured phase, ms since 1970. */
  begin(measureStart: number): void {
    this.#hlog.append(hlogHeader(measureStart));
  }

  warn(...warnings: readonly Warning[]): void {
    for (const warning of warnings) {
      this.warnings.push(warning);
      this.#observer.warning(warning);
    }
  }

  /** librdkafka repeats its errors: one of a kind is enough. */
  warnOfClient({ code, message }: Warning): void {
    if (!this.warnings.some((known) => known.code === `client ${code}`))
      this.warn({ code: `client ${code}`, message });
  }

  close(): void {
    this.intervals.finish();
    for (const file of [this.#journal, this.#hlog]) {
      file.close();
      if (file.warning) this.warn(file.warning);
    }
  }

  /** Nothing was measured: nothing is left behind. */
  discard(): void {
    this.#journal.discard();
    this.#hlog.discard();
  }
}
