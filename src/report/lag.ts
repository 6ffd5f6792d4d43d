import { renderTable } from './table.ts';

export interface LagLine {
  readonly topic: string;
  readonly partition: number;
  readonly currentOffset: number | null;
  readonly logEndOffset: number | null;
  readonly lag: number | null;
  readonly consumerId: string | null;
  readonly host: string | null;
  readonly clientId: string | null;
  /** Of the lag, what is in the log no more; and where the log begins. */
  readonly removed?: number | null;
  readonly logStartOffset?: number | null;
}

const header = [
  'GROUP',
  'TOPIC',
  'PARTITION',
  'CURRENT-OFFSET',
  'LOG-END-OFFSET',
  'LAG',
  'CONSUMER-ID',
  'HOST',
  'CLIENT-ID',
];

/** The columns of `kafka-consumer-groups --describe`, header first; `-` for what is not there. */
export function renderLag(group: string, lines: readonly LagLine[]): string[] {
  const rows = lines.map((line) =>
    [
      group,
      line.topic,
      line.partition,
      line.currentOffset,
      line.logEndOffset,
      line.lag,
      line.consumerId,
      line.host,
      line.clientId,
    ].map((cell) => String(cell ?? '-')),
  );
  return renderTable(
    [header, ...rows],
    header.map(() => 'left'),
  );
}

/** Where a log no longer holds all of the lag: Kafka's tool counts that too, and so does the table. */
export function renderRemoved(
  lines: readonly LagLine[],
): { readonly whole: string; readonly short: string }[] {
  return lines.flatMap(({ topic, partition, lag, removed, logStartOffset }) => {
    if (removed == null || removed === 0) return [];
    const [where, of] = [`${topic}:${partition}:`, lag ?? removed];
    const begins = `the log, which begins at ${logStartOffset ?? '-'}`;
    return [
      {
        whole: `${where} ${removed} of the lag of ${of} are removed from ${begins}: the group cannot get them`,
        short: `${where} ${removed} of ${of} removed from ${begins}`,
      },
    ];
  });
}
