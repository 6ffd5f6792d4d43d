import { BenchError } from '../base/errors.ts';

/** From the root of the file to a value: keys and list indices. */
export type Path = readonly (string | number)[];

/** One thing wrong with a scenario file. */
export interface Problem {
  readonly file: string;
  /** From 1; 0 where the file as a whole is meant. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** What would have been right, such as "a duration such as 10s". */
  readonly expected?: string;
  /** The valid name that is most like what was written. */
  readonly nearest?: string;
  /** The line of the file, for display. */
  readonly source?: string;
}

/** All problems of one file. */
export class ScenarioError extends BenchError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super('scenario', describe(problems), {
      hint: 'kafka-bench schema prints every valid key; kafka-bench init writes a scenario to start from',
    });
    this.name = 'ScenarioError';
    this.problems = problems;
  }
}

function describe(problems: readonly Problem[]): string {
  const lines = problems.map(formatProblem);
  return lines.length === 1
    ? lines[0]!
    : [`${lines.length} problems in ${problems[0]!.file}`, ...lines].join('\n');
}

/** `file:line:column: message`, and under it the source line with a caret. */
export function formatProblem(problem: Problem): string {
  const { file, line, column, message, source } = problem;
  if (line === 0) return `${file}: ${message}`;
  const head = `${file}:${line}:${column}: ${message}`;
  if (source === undefined || source.trim() === '') return head;
  const shown = excerpt(source, column - 1);
  const gutter = ' '.repeat(String(line).length);
  return `${head}\n  ${line} | ${shown.text}\n  ${gutter} | ${' '.repeat(shown.caret)}^`;
}

const widest = 100;

/** At most 100 characters around the caret, without characters that would move the terminal's cursor. */
function excerpt(source: string, caret: number): { text: string; caret: number } {
  const from = caret < widest - 20 ? 0 : caret - 40;
  // eslint-disable-next-line no-control-regex -- control characters are what is removed
  const clean = source.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ');
  return { text: clean.slice(from, from + widest).trimEnd(), caret: caret - from };
}
