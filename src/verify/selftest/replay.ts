import type { AnomalyKind } from '../anomalies.ts';
import { CRC_START, crcBytes, crcOf } from '../crc32.ts';
import { checkEnvelope, emptyEnvelope, ENVELOPE_BYTES, readEnvelope } from '../envelope.ts';
import { Findings } from '../findings.ts';
import { GroupLedger } from '../group-ledger.ts';
import { Ledgers } from '../ledgers.ts';
import { LogAudit } from '../log-audit.ts';
import { PartitionTable } from '../partition-table.ts';
import { judgeDelivery, type DeliveryVerdict } from '../verdict.ts';
import { auditSequence, type Trace, type TraceGroup, type TraceProducer } from './trace.ts';

const topic = 'trace';

/** Puts a trace through the verifier itself, with pages so small that they fill. */
export function replay(trace: Trace, disabled: Iterable<AnomalyKind> = []): DeliveryVerdict {
  const findings = new Findings({ disabled, witnessesPerKind: 100 });
  const partitions = new PartitionTable();
  trace.partitions.forEach((_, partition) => partitions.indexOf(topic, partition));
  const ledgers = new Ledgers({ pageBits: 32, ackPageMessages: 8 });
  for (const producer of trace.producers) enterSends(producer, ledgers);
  const groups = trace.groups.map((group) => {
    const ledger = new GroupLedger({ ...group, findings, partitions });
    enterEvents(group, ledger);
    return ledger;
  });
  const { run, order, readUncommitted } = trace;
  const audit = new LogAudit({ run, ledgers, groups, partitions, findings, order, readUncommitted });
  enterLog(trace, audit);
  const { guarantee, conditions } = trace;
  return judgeDelivery({ guarantee, order, ledgers, audit, groups, partitions, findings, conditions });
}

function enterSends(producer: TraceProducer, ledgers: Ledgers): void {
  const ledger = ledgers.open(producer);
  for (const { sequence, reports } of producer.sends) {
    ledger.handedOver(sequence + 1);
    for (const report of reports) {
      if (report.outcome === 'confirmed') ledger.acknowledged(sequence, report.partition, report.offset);
      else if (report.outcome === 'failed') ledger.indeterminate(sequence);
      else ledger.refused(sequence);
    }
  }
  for (const { from, to, how } of producer.transactions) ledger.transactionEnded(from, to, how);
  ledger.close(producer.ended);
}

function enterEvents(group: TraceGroup, ledger: GroupLedger): void {
  group.owes.forEach((offset, partition) => ledger.owes(partition, offset));
  for (const event of group.events) {
    switch (event.type) {
      case 'assigned':
        ledger.assigned(event.member, event.partition);
        break;
      case 'revoked':
        ledger.revoked(event.member, event.partition);
        break;
      case 'processed':
        ledger.processed(event.member, event.partition, event.from, event.to - event.from, event.epoch);
        break;
      case 'committed':
        ledger.committed(event.member, event.partition, event.offset);
        break;
      case 'reset':
        ledger.reset(event.partition, event.offset);
        break;
      case 'dead-lettered':
        ledger.deadLettered(event.partition, event.offset, 1);
    }
  }
}

function enterLog(trace: Trace, audit: LogAudit): void {
  trace.partitions.forEach((_, partition) => audit.expects(partition));
  const envelope = emptyEnvelope();
  for (const [partition, { offset, epoch, key, value }] of auditSequence(trace)) {
    readEnvelope(value, 0, envelope);
    const check = checkEnvelope(value, 0, key, value, ENVELOPE_BYTES);
    const hash = key === null ? -1 : crcOf(crcBytes(CRC_START, key, 0, key.length));
    audit.record(partition, offset, epoch, check, envelope, hash);
  }
  trace.partitions.forEach((each, partition) => {
    if (each.position !== null) audit.end(partition, { ...each, position: each.position });
  });
}
