import { exitCodes, type ExitCode, worstExitCode } from '../base/exit-codes.ts';
import { formatBytes, formatDuration, formatNumber } from '../base/units.ts';
import { describeFault } from '../scenario/describe-fault.ts';
import { describePlan, type PlanDescription } from '../scenario/describe-plan.ts';
import { type LoadedScenario, loadScenario } from '../scenario/load.ts';
import { formatProblem, ScenarioError } from '../scenario/problem.ts';
import type { ConsumerSpec } from '../scenario/schema.ts';
import { parseSetting } from '../scenario/settings.ts';
import type { Io } from './io.ts';

export interface ValidateArguments {
  /** `path=value` each. */
  readonly set?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** Checks every file, also after a bad one; problems go to `err`, plans to `out`. */
export async function runValidate(
  files: readonly string[],
  io: Io,
  { set = [], env = process.env }: ValidateArguments = {},
): Promise<ExitCode> {
  const settings = set.map(parseSetting);
  const codes: ExitCode[] = [];
  for (const file of files) {
    try {
      const loaded = await loadScenario(file, { env, settings });
      for (const { message } of loaded.warnings) io.err(`${file}: warning: ${message}`);
      io.out(renderPlan(loaded));
      codes.push(exitCodes.ok);
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      for (const problem of error.problems) io.err(formatProblem(problem));
      codes.push(exitCodes.usage);
    }
  }
  return worstExitCode(codes);
}

function renderPlan({ file, scenario, avro, sha256 }: LoadedScenario): string {
  const plan = describePlan(scenario, avro);
  const lines = [`${file}: valid (${scenario.name}, sha256 ${sha256.slice(0, 12)})`];
  for (const each of plan.producers) {
    const clients = each.clients === 1 ? '1 client' : `${each.clients} clients`;
    const messages =
      each.messages === null ? 'as many messages as it manages' : `${formatNumber(each.messages)} messages`;
    const size = each.valueBytes === null ? '' : ` of about ${formatBytes(each.valueBytes)}`;
    const time = each.duration === null ? '' : ` in ${formatDuration(each.duration)}`;
    lines.push(`  producer ${each.name}  ${clients}, ${messages}${size}${time}`);
  }
  for (const { name, count, topics, group, start, deadLetter } of scenario.consumers) {
    const members = group === undefined ? `${count} client(s) without a group` : `${count} in group ${group}`;
    const aside = deadLetter === undefined ? '' : `, dead letters to ${deadLetter.topic}`;
    lines.push(`  consumer ${name}  ${members}, reads ${topics.join(', ')}${aside}${joins(start)}`);
  }
  for (const fault of scenario.faults) lines.push(`  fault ${describeFault(fault)}`);
  return [...lines, ...totals(plan)].join('\n');
}

function joins(start: ConsumerSpec['start']): string {
  if (start === undefined) return '';
  if (typeof start === 'number') return `, joins at ${formatDuration(start)}`;
  return start.stopped === undefined
    ? `, joins after ${formatNumber(start.acked ?? 0)} acknowledgements`
    : `, joins when ${start.stopped} has stopped`;
}

function totals(plan: PlanDescription): string[] {
  const messages = plan.messages === null ? 'as many as it manages' : formatNumber(plan.messages);
  const bytes = plan.bytes === null ? '' : `, ${formatBytes(plan.bytes)} of values`;
  const parts = `warm-up ${time(plan.warmup)}, drain up to ${time(plan.drain)}`;
  const duration =
    plan.duration === null ? 'until the last message' : `at most ${formatDuration(plan.duration)}`;
  return [
    `  messages  ${messages} in the measured phase${bytes}`,
    `  duration  ${duration} (${parts})`,
    `  delivery  ${plan.delivery}`,
    `  memory    up to ${formatBytes(plan.queueMemory)} in client queues, when brokers fall behind`,
    ...plan.notes.map((note) => `  note      ${note}`),
  ];
}

const time = (micros: number): string => (micros === 0 ? 'none' : formatDuration(micros));
