import { randomBytes } from 'node:crypto';
import { runIdDigits } from '../../base/run-id.ts';

/** One run's identity: eight hexadecimal digits, in the file's name, in topic names and in every envelope. */
export function newRunId(): string {
  return randomBytes(runIdDigits / 2).toString('hex');
}

/** The run's number as envelopes carry it. */
export function runNumber(runId: string): number {
  return Number.parseInt(runId, 16);
}

/** Names of topics, groups and transactional ids that a run makes for itself. */
export function uniqueName(name: string, runId: string): string {
  return `${name}-${runId}`;
}
