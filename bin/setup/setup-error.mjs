/** What a person must know or do; printed as one line, the hint below it. */
export class SetupError extends Error {
  /**
   * @param {string} message
   * @param {{hint?: string, details?: string}} [options] `details`: the failing program's last lines
   */
  constructor(message, options = {}) {
    super(message);
    this.name = 'SetupError';
    this.hint = options.hint;
    this.details = options.details;
  }
}

/** The person (SIGINT, 130) or the system (SIGTERM, SIGHUP, 143) ended the set-up. */
export class SetupInterrupted extends Error {
  /** @param {number} exitCode */
  constructor(exitCode) {
    super('interrupted');
    this.name = 'SetupInterrupted';
    this.exitCode = exitCode;
  }
}
