import { formatDuration, formatNumber, formatRate } from '../base/units.ts';
import { recoveryTakes } from '../judge/gates/fault-metric.ts';
import type { FaultResult, TrialResult } from '../results/schema.ts';
import { plain, type Paint } from './paint.ts';
import { renderTable } from './table.ts';

type Trial = Pick<TrialResult, 'faults' | 'phases' | 'totals' | 'producers'>;
type Partition = FaultResult['partitions'][number];

const columns = 80;
const indent = '  ';
const partitionsShown = 12;

/**
 * What broke, when, what was seen of it and when service was back; then rate and p99 before, during and after, and what
 * failed or came twice where anything did. Empty without faults. At most 80 columns, but for long names.
 */
export function renderFaults(trial: Trial, paint: Paint = plain): string[] {
  if (trial.faults.length === 0) return [];
  const consumersSeeDueTimes = trial.totals.latency.endToEnd !== null;
  const lines = trial.faults.flatMap((fault) => [
    ...timelineLines(fault, paint),
    ...[
      ...afterwards(fault, consumersSeeDueTimes, paint),
      ...fault.notes.map((note) => paint.dim(firstLine(note))),
    ].map((line) => `${indent}${line}`),
  ]);
  const tables = [partitionTable(trial.faults, paint), ...phaseTables(trial)].filter(
    (table) => table.length > 0,
  );
  return ['faults', ...lines.map((line) => `${indent}${line}`), ...tables.flatMap((table) => ['', ...table])];
}

function timelineLines(fault: FaultResult, paint: Paint): string[] {
  const { source, action, target, resolved, started, ended, effective } = fault;
  const hit = resolved.length === 0 || resolved.join() === target ? '' : ` (${resolved.join(', ')})`;
  const time = started ?? fault.planned;
  const when = time === null ? '' : `${seconds(time)} `;
  const head = `${when}${action} ${target}${hit} (${source === 'observed' ? 'OBSERVED' : source}):`;
  const parts = [
    ...(effective === false ? ['NO EFFECT'] : []),
    ...seen(fault),
    ...(effective === false || started === null ? [] : [endText(action, started, ended)]),
  ];
  const lines = wrap(head, parts);
  if (effective === false) return lines.map((line) => paint.bad(line));
  return source === 'observed' ? lines.map((line) => paint.warn(line)) : lines;
}

/** Whose broker it is stands before it; a refusal is a sentence. */
function seen({ observed, resolved, effective }: FaultResult): string[] {
  const [broker] = resolved;
  const name = resolved.length === 1 && effective ? `${broker} ` : '\n';
  return observed.split('; ').map((text) => (text.startsWith(name) ? text.slice(name.length) : text));
}

const leavesSomethingDown = ['stop', 'kill', 'pause', 'down', 'disconnect', 'unreachable'];

function endText(action: string, started: number, ended: number | null): string {
  if (ended === null) return 'lasted to the end';
  const after = formatDuration((ended - started) * 1e6);
  return leavesSomethingDown.includes(action) ? `back after ${after}` : `over after ${after}`;
}

function afterwards(fault: FaultResult, consumersSeeDueTimes: boolean, paint: Paint): string[] {
  const { watched, recovered, drained, ended, effective } = fault;
  if (ended === null || effective !== true) return [];
  if (watched === null) return ['nothing steady before it: recovery cannot be told'];
  return [
    [
      recoveryText(recovered, watched, paint),
      ...(consumersSeeDueTimes ? [drainText(drained, paint)] : []),
    ].join(', '),
  ];
}

function recoveryText(recovered: number | null, watched: number, paint: Paint): string {
  if (recovered !== null) {
    return recovered === 0
      ? 'rate and p99 were back with it'
      : `rate and p99 back ${formatDuration(recovered)} after`;
  }
  return watched < recoveryTakes
    ? 'too little was sent after it to tell of recovery'
    : paint.bad(`rate and p99 NOT back within ${formatDuration(watched)}`);
}

function drainText(drained: number | null, paint: Paint): string {
  if (drained === null) return paint.bad('backlog NEVER drained');
  return drained === 0 ? 'no backlog' : `drained after ${formatDuration(drained)}`;
}

/** A note may carry a broker's log, which the result keeps. */
function firstLine(note: string): string {
  const end = note.indexOf('\n');
  return end < 0 ? note : `${note.slice(0, end)} …`;
}

/** `head part; part`, continued in further lines where it gets too long. */
function wrap(head: string, parts: readonly string[]): string[] {
  const lines: string[] = [];
  let line = head;
  for (const [i, part] of parts.entries()) {
    const text = i === parts.length - 1 ? part : `${part};`;
    if (indent.length + line.length + 1 + text.length > columns) {
      lines.push(line);
      line = `${indent}${text}`;
    } else {
      line += ` ${text}`;
    }
  }
  return [...lines, line];
}

/** Partitions that something happened to; of too many the worst, in the order in which they are. */
function partitionTable(faults: readonly FaultResult[], paint: Paint): string[] {
  const hit = faults.flatMap(({ id, partitions }) =>
    partitions
      .filter(({ unavailable, leaders }) => (unavailable ?? 0) > 0 || leaders.length > 0)
      .map((partition) => ({ id, partition })),
  );
  if (hit.length === 0) return [];
  const worst = hit
    .toSorted((a, b) => (b.partition.unavailable ?? 0) - (a.partition.unavailable ?? 0))
    .slice(0, partitionsShown);
  const several = faults.length > 1;
  const rows = hit
    .filter((each) => worst.includes(each))
    .map(({ id, partition }) => [...(several ? [id] : []), ...partitionCells(partition)]);
  const head = ['', 'unavailable', 'leader', 'ISR full'];
  const table = renderTable(
    [several ? ['', ...head] : head, ...rows],
    [...(several ? (['left'] as const) : []), 'left', 'right', 'left', 'right'],
  );
  const more = hit.length - rows.length;
  return [...table, ...(more > 0 ? [paint.dim(`and ${more} more`)] : [])];
}

function partitionCells({ topic, partition, unavailable, leaders, isrShrunk, isrFull }: Partition): string[] {
  return [
    `${topic}/${partition}`,
    unavailable === null ? '-' : formatDuration(unavailable),
    leaderText(leaders),
    isrShrunk === null ? '' : isrFull === null ? 'never' : seconds(isrFull),
  ];
}

function leaderText(leaders: Partition['leaders']): string {
  const broker = (id: number): string => (id < 0 ? 'none' : String(id));
  const texts = leaders.map(({ at, from, to }) => `${broker(from)}→${broker(to)} ${seconds(at)}`);
  return texts.length <= 2 ? texts.join(', ') : `${texts[0]!} … ${texts.at(-1)!}`;
}

type Phase = TrialResult['phases'][number];

interface Column {
  readonly head: string;
  /** Null where the phase has no such thing. */
  readonly of: (part: Phase) => string | null;
}

/** Three lines: what service was like around the faults. What failed stands below where it does not fit beside it. */
function phaseTables({ phases, producers }: Trial): string[][] {
  const parts = phases.filter(({ name }) => name === 'before' || name === 'during' || name === 'after');
  if (parts.every(({ name }) => name === 'before')) return [];
  const service = serviceColumns(parts, producers).filter(({ of }) =>
    parts.some((part) => of(part) !== null),
  );
  const failures = failureColumns(parts);
  const one = phaseTable(parts, [...service, ...failures]);
  const fits = one.every((line) => line.length <= columns);
  return fits ? [one] : [phaseTable(parts, service), phaseTable(parts, failures)];
}

function phaseTable(parts: readonly Phase[], shown: readonly Column[]): string[] {
  return renderTable(
    [
      ['', '', ...shown.map(({ head }) => head)],
      ...parts.map((part) => [
        part.name,
        `${part.from.toFixed(0)}-${part.to.toFixed(0)} s`,
        ...shown.map(({ of }) => of(part) ?? '-'),
      ]),
    ],
    ['left', 'right', ...shown.map(() => 'right' as const)],
  );
}

function serviceColumns(parts: readonly Phase[], producers: Trial['producers']): Column[] {
  const acknowledged = producers.some(({ ackSource }) => ackSource !== 'socket-write');
  const ack = parts.some(({ latency }) => latency.ack !== null) ? 'ack' : 'serviceAck';
  return [
    { head: acknowledged ? 'acked' : 'sent', of: ({ throughput }) => rateText(throughput.producers) },
    { head: 'received', of: ({ throughput }) => rateText(throughput.consumers) },
    { head: `${ack} p99`, of: ({ latency }) => p99Text(latency[ack]) },
    { head: 'endToEnd p99', of: ({ latency }) => p99Text(latency.endToEnd) },
  ];
}

/** Only of what there was any. */
function failureColumns(parts: readonly Phase[]): Column[] {
  const counts: readonly { head: string; of: (part: Phase) => number | null }[] = [
    { head: 'errors', of: ({ errors }) => errors?.reduce((sum, { count }) => sum + count, 0) ?? null },
    { head: 'duplicates', of: ({ duplicates }) => duplicates ?? null },
    { head: 'redelivered', of: ({ redelivered }) => redelivered ?? null },
  ];
  return counts
    .filter(({ of }) => parts.some((part) => (of(part) ?? 0) > 0))
    .map(({ head, of }) => ({
      head,
      of: (part) => {
        const count = of(part);
        return count === null ? null : formatNumber(count);
      },
    }));
}

function rateText(rate: number | null): string | null {
  return rate === null ? null : formatRate(rate);
}

function p99Text(histogram: { p99: number | null } | null): string | null {
  if (!histogram) return null;
  return histogram.p99 === null ? '-' : formatDuration(histogram.p99);
}

/** A time of the run: seconds from the start of the measured phase. */
function seconds(at: number): string {
  return `${at.toFixed(1)} s`;
}
