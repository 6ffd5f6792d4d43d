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
