import { formatDuration, formatNumber } from '../base/units.ts';
import { renderRemoved, type LagLine } from './lag.ts';
import { renderTable, textWidth } from './table.ts';

/** What a group's lag was at some time. */
export interface LagReading {
  /** ms since 1970. */
  readonly at: number;
  readonly state: string;
  readonly partitions: readonly LagLine[];
}

/** Columns that are left out where they do not fit, the dearest first. */
const optional = ['CLIENT-ID', 'HOST', 'CONSUMER-ID'] as const;
const shortestTopic = 8;

/**
 * A reading of `lag --watch`: when it was, the group's whole lag and how it changes, then each partition,
 * then what of the lag is in the log no more.
 *
 * @param previous of the same group; without one there is no trend yet
 * @param width columns of the terminal: no line is longer
 */
export function renderLagWatch(
  group: string,
  reading: LagReading,
  previous: LagReading | null,
  width: number,
): string[] {
  const { at, state, partitions } = reading;
  const members = new Set(partitions.flatMap(({ consumerId }) => consumerId ?? [])).size;
  const clock = new Date(at).toISOString().slice(11, 19);
  const about = `${state}, ${members} member${members === 1 ? '' : 's'}`;
  return [
    cut(`${clock} UTC  ${group}  ${about}`, width),
    cut(totalLine(reading, previous), width),
    ...(partitions.length === 0 ? [] : lagTable(reading, previous, width)),
    ...renderRemoved(partitions).map(({ whole, short }) =>
      textWidth(whole) <= width ? whole : cut(short, width),
    ),
  ];
}

function totalLine(reading: LagReading, previous: LagReading | null): string {
  const lag = totalOf(reading);
  if (lag === null) return 'lag unknown: nothing is committed, or no partition has a leader';
  const unknown = reading.partitions.filter((each) => each.lag === null).length;
  const except = unknown === 0 ? '' : `, ${unknown} of ${reading.partitions.length} partitions unknown`;
  const perSecond = change(lag, previous && totalOf(previous), reading, previous);
  return `lag ${formatNumber(lag)}${except}${trend(lag, perSecond)}`;
}

function trend(lag: number, perSecond: number | null): string {
  if (perSecond === null) return '';
  if (perSecond === 0) return lag === 0 ? ', level with the log' : ', neither more nor less';
  if (perSecond > 0) return `, growing by ${formatNumber(perSecond)}/s`;
  return `, shrinking by ${formatNumber(-perSecond)}/s: level in ${formatDuration((lag / -perSecond) * 1e6)}`;
}

const totalOf = ({ partitions }: LagReading): number | null => {
  const known = partitions.flatMap(({ lag }) => lag ?? []);
  return known.length === 0 ? null : known.reduce((sum, lag) => sum + lag, 0);
};

/** A second, rounded; null where it is not known. */
function change(
  now: number | null,
  then: number | null,
  reading: LagReading,
  previous: LagReading | null,
): number | null {
  if (now === null || then === null || previous === null || reading.at <= previous.at) return null;
  return Math.round(((now - then) * 1000) / (reading.at - previous.at));
}

function lagTable(reading: LagReading, previous: LagReading | null, width: number): string[] {
  for (let left: number = optional.length; left >= 0; left--) {
    const lines = tableWith(optional.slice(0, left), reading, previous, Infinity);
    if (lines.every((line) => textWidth(line) <= width)) return lines;
  }
  const whole = tableWith([], reading, previous, Infinity);
  const longest = Math.max(...reading.partitions.map(({ topic }) => textWidth(topic)));
  const over = Math.max(...whole.map(textWidth)) - width;
  const lines = tableWith([], reading, previous, Math.max(shortestTopic, longest - over));
  return lines.map((line) => cut(line, width));
}

function tableWith(
  more: readonly (typeof optional)[number][],
  reading: LagReading,
  previous: LagReading | null,
  topicWidth: number,
): string[] {
  const cellOf = {
    'CLIENT-ID': (line: LagLine) => line.clientId,
    HOST: (line: LagLine) => line.host,
    'CONSUMER-ID': (line: LagLine) => line.consumerId,
  };
  const header = ['TOPIC', 'PARTITION', 'CURRENT-OFFSET', 'LOG-END-OFFSET', 'LAG', 'TREND', ...more];
  const rows = reading.partitions.map((line) => {
    const before = previous?.partitions.find(
      ({ topic, partition }) => topic === line.topic && partition === line.partition,
    );
    const perSecond = change(line.lag, before?.lag ?? null, reading, previous);
    return [
      ...[cut(line.topic, topicWidth), line.partition, line.currentOffset, line.logEndOffset, line.lag],
      ...[perSecond === null ? null : `${perSecond > 0 ? '+' : ''}${perSecond}/s`],
      ...more.map((name) => cellOf[name](line)),
    ].map((cell) => String(cell ?? '-'));
  });
  return renderTable(
    [header, ...rows],
    header.map((name) =>
      name === 'TOPIC' || (optional as readonly string[]).includes(name) ? 'left' : 'right',
    ),
  );
}

/** Its middle left out where it is longer: names differ at both ends. */
function cut(text: string, width: number): string {
  const letters = Array.from(text);
  if (letters.length <= width) return text;
  const head = Math.ceil((width - 1) / 2);
  return `${letters.slice(0, head).join('')}…${letters.slice(letters.length - (width - 1 - head)).join('')}`;
}
