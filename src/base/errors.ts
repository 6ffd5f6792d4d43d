/**
 * What went wrong, in terms of who can mend it. The command line maps each to an exit code:
 * `usage` and `scenario` 2, everything else 5, `interrupted` 130.
 */
export type ErrorCode = 'usage' | 'scenario' | 'cluster' | 'worker' | 'setup' | 'results' | 'interrupted';

/** The one error that reaches a person: what happened, and in `hint` what to change. */
export class BenchError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'BenchError';
    this.code = code;
    this.hint = options.hint;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A warning is a value: it travels in results, and only the command line prints it. */
export interface Warning {
  readonly code: string;
  readonly message: string;
}
