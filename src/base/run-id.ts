/** Hexadecimal digits of a run's identity. */
export const runIdDigits = 8;

/** Characters that a run adds to the names of its topics and groups: `-` and its identity. */
export const suffixLength = 1 + runIdDigits;
