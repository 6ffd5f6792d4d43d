import type { Micros } from '../../base/clock.ts';
import { formatDuration, formatNumber } from '../../base/units.ts';
import type { ClientReport } from '../../protocol/report.ts';
import type { ClientReports } from './reports.ts';

/**
 * What clients did not wait for, or could not go on with, one line a producer or consumer: nothing of it is known to
 * be lost, and no verdict may pass over it.
 *
 * @param drain how long producers wait for answers; less after a standstill, or when they are killed
 * @param killed workers that the run killed because they did not end: what they told last may not be all they did
 */
export function gaveUp(
  { producers, consumers }: ClientReports,
  drain: Micros,
  killed: readonly string[],
): string[] {
  const byName = new Map<string, ClientReport[]>();
  for (const client of [...producers, ...consumers]) {
    byName.set(client.name, [...(byName.get(client.name) ?? []), client]);
  }
  const lines = [...byName].flatMap(([name, clients]) => {
    const unanswered = clients.reduce(
      (sum, client) => sum + (client.side === 'producer' ? client.unanswered : 0),
      0,
    );
    const fatal = clients.find((client) => client.fatal !== null)?.fatal;
    return [
      ...(fatal ? [`${name} died of a fatal error: ${fatal.message}`] : []),
      ...(unanswered > 0
        ? [
            `${name} ended before ${formatNumber(unanswered)} of its messages had an answer (phases.drain is ${formatDuration(drain)})`,
          ]
        : []),
    ];
  });
  return [
    ...lines,
    ...killed.map((worker) => `${worker} had not ended after it was stopped, and was killed`),
  ];
}
