import { describe, expect, it } from 'vitest';
import { emptyEnvelope } from '../../protocol/envelope.ts';
import { Findings } from '../../protocol/evidence/findings.ts';
import { Ledgers } from './ledgers.ts';
import { LogAudit } from './log-audit.ts';
import { PartitionTable } from './partition-table.ts';

const run = 7;

/** Sequence 1 is met at offset 11, behind sequence 2 at 10; how many reorders are found. */
function reorders(acks: 'none' | 'some', from: number, acked: { partition: number; offset: number } | null) {
  const findings = new Findings();
  const ledgers = new Ledgers();
  const ledger = ledgers.open({ producer: 1, incarnation: 0, acks });
  ledger.handedOver(3);
  if (acked !== null) ledger.acknowledged(1, acked.partition, acked.offset);
  const partitions = new PartitionTable();
  const audit = new LogAudit({ run, ledgers, groups: [], partitions, findings, order: 'partition' });
  audit.expects(0, from);
  for (const [offset, sequence] of [[10, 2] as const, [11, 1] as const]) {
    audit.record(0, offset, 0, 'ok', { ...emptyEnvelope(), run, producer: 1, sequence }, -1);
  }
  return findings.count('reorder');
}

describe('order in a log whose beginning is not read', () => {
  it('is judged of what was acknowledged within what is read', () => {
    expect(reorders('some', 10, { partition: 0, offset: 11 })).toBe(1);
    expect(reorders('some', 10, { partition: 0, offset: 9 })).toBe(0);
    expect(reorders('some', 10, { partition: 1, offset: 11 })).toBe(0);
    expect(reorders('some', 10, null)).toBe(0);
  });

  it('is judged of all that is sent but once, and of all where everything is read', () => {
    expect(reorders('none', 10, { partition: -1, offset: -1 })).toBe(1);
    expect(reorders('some', 0, { partition: 0, offset: 9 })).toBe(1);
    expect(reorders('some', 0, null)).toBe(1);
  });
});
