import { bootstrapProblem } from '../../base/bootstrap.ts';
import { versionForm, versionPattern } from '../../base/kafka-version.ts';
import { list, parsed } from './option.ts';

/** Texts of options that several commands have, and what they stand for. */

export function positiveInteger(given: string): number {
  const value = Number(given);
  if (!Number.isInteger(value) || value < 1) throw new Error('expected a whole number above 0');
  return value;
}

export function servers(given: string): string {
  const problem = bootstrapProblem(given);
  if (problem !== null) throw new Error(problem);
  return given;
}

export function kafkaVersion(given: string): string {
  if (!versionPattern.test(given)) throw new Error(`expected ${versionForm}`);
  return given;
}

export const bootstrap = parsed('host:port,… of a cluster that is up; none is started or stopped', servers);

export const set = list('PATH=VALUE replaces a value of the scenario, null removes it; repeatable');
