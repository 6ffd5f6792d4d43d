import type { Neighbour, Place, Witness } from '../../protocol/evidence/findings.ts';
import type { PartitionTable } from './partition-table.ts';
import type { ProducerLedger } from './producer-ledger.ts';

export function placeOf(partitions: PartitionTable, partition: number, offset: number): Place {
  const known = partitions.at(partition);
  return { topic: known?.topic ?? '?', partition: known?.partition ?? partition, offset };
}

/** Identity, acknowledgement and neighbours of one message. */
export function describeMessage(
  ledger: ProducerLedger,
  sequence: number,
  partitions: PartitionTable,
): Pick<Witness, 'producer' | 'incarnation' | 'sequence' | 'acked' | 'neighbours'> {
  const acked = ackedPlace(ledger, sequence, partitions);
  return {
    producer: ledger.producer,
    incarnation: ledger.incarnation,
    sequence,
    ...(acked ? { acked: { ...acked, at: null } } : {}),
    neighbours: [sequence - 1, sequence + 1]
      .filter((each) => each >= 0 && each < ledger.attempted)
      .map((each) => neighbour(ledger, each, partitions)),
  };
}

function neighbour(ledger: ProducerLedger, sequence: number, partitions: PartitionTable): Neighbour {
  const acked = ackedPlace(ledger, sequence, partitions);
  return {
    sequence,
    outcome: ledger.outcomeOf(sequence),
    inLog: ledger.inLog.has(sequence),
    ...(acked ? { acked } : {}),
  };
}

function ackedPlace(ledger: ProducerLedger, sequence: number, partitions: PartitionTable): Place | null {
  if (!ledger.confirmed.has(sequence) || !ledger.evidence.find(sequence)) return null;
  return placeOf(partitions, ledger.evidence.partition, ledger.evidence.offset);
}
