import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DeliveryCheck } from '../judge/delivery/delivery-check.ts';
import { emptyEnvelope } from '../protocol/envelope.ts';
import { resultJsonSchema, runResult, type DeliveryResult } from './schema.ts';
import { runResultOf, trialResult } from './sample.case.ts';

it('is published as it is: if not, run `npx kafka-bench schema --result > results/result.schema.json`', () => {
  const published = readFileSync(new URL('../../results/result.schema.json', import.meta.url), 'utf8');
  expect(published).toBe(`${JSON.stringify(resultJsonSchema(), null, 2)}\n`);
});

it('says what each unit is, for those who read results without this program', () => {
  const text = JSON.stringify(resultJsonSchema());
  expect(text).toContain('"http://json-schema.org/draft-07/schema#"');
  for (const word of [
    'microseconds',
    'bytes',
    'messages per second',
    'null until an audit has read the log',
  ]) {
    expect(text).toContain(word);
  }
});

it('takes a result as runs write it, and keeps all of it', () => {
  const result = runResultOf();
  expect(runResult.parse(result)).toEqual(result);
});

it('takes the verifier’s verdict as it is, and keeps all of it', () => {
  const check = new DeliveryCheck({
    run: 7,
    guarantee: 'exactly-once',
    order: 'partition',
    topics: ['orders'],
    groups: [{ name: 'readers' }],
  });
  const partition = check.partitions.indexOf('orders', 3);
  const ledger = check.ledgers.open({ producer: 1, incarnation: 0, acks: 'some' });
  ledger.acknowledged(0, partition, 0, 5);
  ledger.close('drained');
  check.groups[0]!.owes(partition, 0);
  check.groups[0]!.processed(2, partition, 0, 2, 0);
  check.groups[0]!.processed(2, partition, 1, 1, 0);
  check.audit.expects(partition);
  for (const [offset, sequence] of [0, 2, 1, 1, 9].entries()) {
    const envelope = { ...emptyEnvelope(), run: 7, producer: 1, sequence };
    check.audit.record(partition, offset, 4 - offset, 'ok', envelope, -1);
  }
  const end = { begin: 0, logStart: 0, highWatermark: 5, lastStableOffset: 5, position: 5 };
  check.audit.end(partition, end);
  const verdict = check.judge();
  const kinds = [
    'lost',
    'duplicate',
    'reorder',
    'phantom',
    'delivery-loss',
    'redelivery',
    'epoch-regression',
  ];
  expect(Object.keys(verdict.anomalies)).toEqual(expect.arrayContaining(kinds));

  // That it compiles is half of the test.
  const delivery: DeliveryResult = { ...verdict, audit: 'full', stages: [], evidence: null };
  const result = runResultOf({ trials: [trialResult({ delivery })] });
  expect(runResult.parse(result)).toEqual(result);
});
