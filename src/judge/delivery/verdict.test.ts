import { describe, expect, it } from 'vitest';
import { anomalyKinds, effectOf } from './anomalies.ts';
import { DeliveryCheck } from './delivery-check.ts';
import { emptyEnvelope } from '../../protocol/envelope.ts';
import { Findings } from '../../protocol/evidence/findings.ts';
import { judgeDelivery } from './verdict.ts';

const run = 7;
type Options = Partial<ConstructorParameters<typeof DeliveryCheck>[0]>;

/** Three messages acknowledged at 0 to 2 of one partition; `inLog` are there. */
function checkOf(inLog: readonly number[], options: Options = {}) {
  const check = new DeliveryCheck({
    run,
    guarantee: 'at-least-once',
    order: 'partition',
    topics: ['orders'],
    groups: [],
    ...options,
  });
  const partition = check.partitions.indexOf('orders', 3);
  const ledger = check.ledgers.open({ producer: 1, incarnation: 0, acks: 'some' });
  ledger.acknowledged(0, partition, 0, 3);
  ledger.close('drained');
  const read = (end = 3) => {
    check.audit.expects(partition);
    for (const sequence of inLog) {
      const envelope = { ...emptyEnvelope(), run, producer: 1, sequence };
      check.audit.record(partition, sequence, 0, 'ok', envelope, -1);
    }
    check.audit.end(partition, {
      begin: 0,
      logStart: 0,
      highWatermark: 3,
      lastStableOffset: 3,
      position: end,
    });
    return check;
  };
  return { check, ledger, read };
}

describe('judgeDelivery', () => {
  it('passes what is all there', () => {
    const verdict = checkOf([0, 1, 2]).read().judge();
    expect(verdict).toMatchObject({
      verdict: 'PASS',
      reasons: [],
      attempted: 3,
      acked: 3,
      present: 3,
      lost: 0,
      unaudited: 0,
      anomalies: {},
      coverage: { partitions: 1, partitionsRead: 1, records: 3, acked: 3, tail: false },
    });
  });

  it('names a lost message with its acknowledgement and its neighbours', () => {
    const verdict = checkOf([0, 2]).read().judge();
    expect(verdict).toMatchObject({ verdict: 'FAIL', reasons: ['lost: 1'], lost: 1 });
    const at = (offset: number) => ({ topic: 'orders', partition: 3, offset });
    expect(verdict.witnesses).toEqual([
      {
        kind: 'lost',
        producer: 1,
        incarnation: 0,
        sequence: 1,
        acked: { ...at(1), at: null },
        neighbours: [
          { sequence: 0, outcome: 'acked', inLog: true, acked: at(0) },
          { sequence: 2, outcome: 'acked', inLog: true, acked: at(2) },
        ],
        note: 'read orders/3 up to 2',
      },
    ]);
  });

  it('can fail without an audit, but not pass', () => {
    expect(checkOf([]).check.judge()).toMatchObject({
      verdict: 'NONE',
      present: null,
      lost: null,
      unaudited: null,
      coverage: null,
    });
    const { check, ledger } = checkOf([]);
    ledger.indeterminate(1);
    expect(check.judge().verdict).toBe('FAIL');
  });

  it('gates nothing where nothing is guaranteed, and still counts', () => {
    const verdict = checkOf([0], { guarantee: 'none' }).read().judge();
    expect(verdict).toMatchObject({ verdict: 'NONE', anomalies: { lost: 2 } });
  });

  it('takes the worst of what it has', () => {
    const conditions = [{ name: 'leader changed', met: false }];
    expect(checkOf([0, 1, 2]).read().judge({ conditions }).verdict).toBe('VACUOUS');
    expect(checkOf([0]).read(1).judge({ conditions })).toMatchObject({
      verdict: 'UNKNOWN',
      unaudited: 2,
      reasons: ['unaudited: 2', 'audit incomplete: 1 of 1 partitions', 'did not happen: leader changed'],
    });
    const { read, ledger } = checkOf([0]);
    ledger.indeterminate(0);
    expect(read(1).judge({ conditions }).verdict).toBe('FAIL');
  });

  it('passes over nothing that the run gave up, and calls none of it a loss', () => {
    const doubts = ['writer stopped waiting for 3 messages'];
    expect(checkOf([0, 1, 2]).read().judge({ doubts })).toMatchObject({
      verdict: 'UNKNOWN',
      reasons: doubts,
    });
    expect(checkOf([0, 1]).read().judge({ doubts }).verdict).toBe('FAIL');
  });

  it('does not call lost or never sent what damaged evidence may have forgotten', () => {
    const damage = (part: 'producers' | 'groups' | 'log') => [{ part, text: 'a segment is missing' }];
    expect(
      checkOf([0, 1, 2])
        .read()
        .judge({ damage: damage('groups') }).verdict,
    ).toBe('UNKNOWN');
    expect(
      checkOf([0, 1])
        .read()
        .judge({ damage: damage('log') }).verdict,
    ).toBe('UNKNOWN');
    expect(
      checkOf([0, 1])
        .read()
        .judge({ damage: damage('groups') }).verdict,
    ).toBe('FAIL');
    expect(
      checkOf([0, 1, 2, 5])
        .read()
        .judge({ damage: damage('producers') }).verdict,
    ).toBe('UNKNOWN');
  });

  it('says of a tail what was read of it, and passes for that', () => {
    const end = { begin: 0, logStart: 0, highWatermark: 3, lastStableOffset: 3, position: 3 };
    const { check } = checkOf([]);
    check.audit.record(0, 2, 0, 'ok', { ...emptyEnvelope(), run, producer: 1, sequence: 2 }, -1);
    check.audit.end(0, { ...end, auditedFrom: 2 });
    expect(check.judge()).toMatchObject({
      verdict: 'PASS',
      present: 1,
      unaudited: 2,
      witnesses: [],
      coverage: { acked: 1, tail: true },
    });
    const empty = checkOf([]);
    empty.check.audit.end(0, { ...end, auditedFrom: 3 });
    expect(empty.check.judge()).toMatchObject({
      verdict: 'VACUOUS',
      unaudited: 3,
      reasons: ['nothing that was acknowledged is in the tail that was read'],
    });
    // Not so where nothing could be acknowledged, nor where it was the audit that failed.
    const sent = new DeliveryCheck({
      run,
      guarantee: 'at-most-once',
      order: 'none',
      topics: ['t'],
      groups: [],
    });
    sent.ledgers.open({ producer: 1, incarnation: 0, acks: 'none' }).acknowledged(0, -1, -1, 3);
    sent.audit.end(0, { ...end, auditedFrom: 3 });
    expect(sent.judge()).toMatchObject({ verdict: 'PASS', sent: 3, absent: 0, sentUnaudited: 3 });
    expect(checkOf([]).read(0).judge().reasons).toEqual([
      'unaudited: 3',
      'audit incomplete: 1 of 1 partitions',
    ]);
  });

  it('takes the word of members for what is broken, also without an audit', () => {
    const { check } = checkOf([], { groups: [{ name: 'readers' }] });
    const [group] = check.groups;
    group!.broken(4, 0, 1, 2);
    group!.broken(4, 0, 6, 1);
    // Another member is handed one of them again.
    group!.broken(5, 0, 2, 1);
    const { verdict, anomalies, witnesses } = check.judge();
    expect({ verdict, anomalies }).toEqual({ verdict: 'FAIL', anomalies: { corrupt: 3 } });
    const broken = (offset: number) => ({
      kind: 'corrupt',
      group: 'readers',
      member: 4,
      place: { topic: 'orders', partition: 3, offset },
    });
    expect(witnesses).toEqual([broken(1), broken(2), broken(6)]);
  });

  it('throws where an identity does not hold', () => {
    const { check } = checkOf([0]);
    const input = {
      guarantee: 'at-least-once',
      order: 'none',
      groups: [],
      partitions: check.partitions,
    } as const;
    const { ledgers } = check;
    const { audit } = checkOf([0]).read();
    // Findings that are not the audit's own: what is lost is found by one and missed by the other.
    const findings = new Findings({ disabled: ['unaudited'] });
    expect(() => judgeDelivery({ ...input, ledgers, audit, findings })).not.toThrow();
    const { check: other, read } = checkOf([0], { disabled: ['lost'] });
    read();
    expect(() => other.judge()).toThrow(
      'does not add up: acked 3 ≠ present 1 + compacted 0 + lost 0 + unaudited 0',
    );
  });
});

describe('effectOf', () => {
  it('says for every anomaly what each guarantee makes of it', () => {
    const table = anomalyKinds.map((kind) => {
      const [most, least, exactly] = (['at-most-once', 'at-least-once', 'exactly-once'] as const).map(
        (guarantee) => effectOf(kind, guarantee, 'partition'),
      );
      return `${kind}: ${most} ${least} ${exactly}`;
    });
    expect(table).toEqual([
      'lost: allowed FAIL FAIL',
      'duplicate: FAIL allowed FAIL',
      'reorder: FAIL FAIL FAIL',
      'key-reorder: allowed allowed allowed',
      'corrupt: FAIL FAIL FAIL',
      'phantom: FAIL FAIL FAIL',
      'rejected-present: FAIL FAIL FAIL',
      'aborted-read: FAIL FAIL FAIL',
      'torn-transaction: allowed FAIL FAIL',
      'inconsistent-offset: FAIL FAIL FAIL',
      'double-outcome: FAIL FAIL FAIL',
      'delivery-loss: allowed FAIL FAIL',
      'unread: UNKNOWN UNKNOWN UNKNOWN',
      'unattributed: UNKNOWN UNKNOWN UNKNOWN',
      'stray-dead-letter: FAIL FAIL FAIL',
      'redelivery: FAIL allowed allowed',
      'committed-redelivery: FAIL FAIL FAIL',
      'commit-regression: FAIL FAIL FAIL',
      'offset-regression: FAIL FAIL FAIL',
      'epoch-regression: FAIL FAIL FAIL',
      'hang: HANG HANG HANG',
      'unaudited: UNKNOWN UNKNOWN UNKNOWN',
      'sent-unaudited: UNKNOWN UNKNOWN UNKNOWN',
      'unseen: UNKNOWN UNKNOWN UNKNOWN',
    ]);
    expect(effectOf('key-reorder', 'at-least-once', 'key')).toBe('FAIL');
    expect(effectOf('reorder', 'at-least-once', 'key')).toBe('allowed');
  });
});
