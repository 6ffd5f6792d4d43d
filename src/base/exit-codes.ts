/** Exit codes of the command line; part of the public contract (docs/cli.md). */
export const exitCodes = {
  ok: 0,
  gateFailed: 1,
  usage: 2,
  invalid: 3,
  inconclusive: 4,
  failed: 5,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** With several files the worst outcome decides, in this order. */
const worstFirst: readonly ExitCode[] = [
  exitCodes.interrupted,
  exitCodes.terminated,
  exitCodes.failed,
  exitCodes.usage,
  exitCodes.gateFailed,
  exitCodes.invalid,
  exitCodes.inconclusive,
  exitCodes.ok,
];

export function worstExitCode(codes: readonly ExitCode[]): ExitCode {
  return worstFirst.find((code) => codes.includes(code)) ?? exitCodes.ok;
}
