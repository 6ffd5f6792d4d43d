import { parseArgs } from 'node:util';
import { emptyEnvelope } from '../src/protocol/envelope.ts';
import { Findings } from '../src/protocol/evidence/findings.ts';
import { GroupLedger } from '../src/judge/delivery/group-ledger.ts';
import { Ledgers } from '../src/judge/delivery/ledgers.ts';
import { LogAudit } from '../src/judge/delivery/log-audit.ts';
import { PartitionTable } from '../src/judge/delivery/partition-table.ts';
import { judgeDelivery } from '../src/judge/delivery/verdict.ts';
import { describeMachine, loadAverage } from './machine.ts';

// `node bin/dev.mjs bench ledger [--messages N] [--producers N] [--partitions N] [--keyed]`: a made-up run through
// ledger, groups, audit and verdict. Nothing is sent and no checksum is computed; what is measured is the time and
// memory that judging takes. With --keyed all producers spread keys, else every other one.

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '100000000' },
    producers: { type: 'string', default: '4' },
    partitions: { type: 'string', default: '3' },
    keyed: { type: 'boolean', default: false },
  },
});
const producers = Number(values.producers);
const partitions = Number(values.partitions);
const batch = 1000;
const perProducer = Math.floor(Number(values.messages) / producers / batch) * batch;
const messages = perProducer * producers;
const run = 7;
/** One in so many is acknowledged and not in the log, one in so many is reported with an error and in the log. */
const lostEvery = 20_000_011;
const failedEvery = 1_000_003;

/** Keys spread as a partitioner spreads them; the producers of even number send without keys, a batch to a partition. */
function partitionOf(producer: number, sequence: number): number {
  if (producer % 2 === 0 && !values.keyed) return ((producer + sequence / batch) % partitions) | 0;
  let hash = Math.imul(sequence ^ (producer << 24), 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return ((hash ^ (hash >>> 13)) >>> 0) % partitions;
}

/** All messages of one partition in log order: batches of the producers in turn. */
function forEachIn(partition: number, visit: (producer: number, sequence: number, offset: number) => void) {
  let offset = 0;
  for (let first = 0; first < perProducer; first += batch) {
    for (let producer = 0; producer < producers; producer++) {
      for (let sequence = first; sequence < first + batch; sequence++) {
        if (partitionOf(producer, sequence) === partition) visit(producer, sequence, offset++);
      }
    }
  }
  return offset;
}

function measured<T>(name: string, work: () => T): T {
  const started = performance.now();
  const result = work();
  const millis = performance.now() - started;
  const rss = (process.memoryUsage().rss - atStart) / 2 ** 20;
  console.log(
    `${name.padEnd(10)} ${(millis / 1000).toFixed(1).padStart(6)} s  ${((millis * 1e6) / messages).toFixed(0).padStart(4)} ns a message  RSS +${rss.toFixed(0)} MiB`,
  );
  return result;
}

console.log(`${describeMachine()}, load ${loadAverage()}`);
const atStart = process.memoryUsage().rss;
console.log(
  `RSS at the start ${(atStart / 2 ** 20).toFixed(0)} MiB, most of it the compiler that loads this file`,
);
console.log(`${messages} messages of ${producers} producers in ${partitions} partitions`);
const table = new PartitionTable();
for (let partition = 0; partition < partitions; partition++) table.indexOf('orders', partition);
const findings = new Findings();
const ledgers = new Ledgers();
const started = performance.now();

// Acknowledgements come a batch at a time, partition after partition, as brokers answer.
measured('sends', () => {
  const of = Array.from({ length: producers }, (_, producer) =>
    ledgers.open({ producer, incarnation: 0, acks: 'some' }),
  );
  const next = new Float64Array(partitions);
  for (let first = 0; first < perProducer; first += batch) {
    for (let producer = 0; producer < producers; producer++) {
      const ledger = of[producer]!;
      for (let partition = 0; partition < partitions; partition++) {
        for (let sequence = first; sequence < first + batch; sequence++) {
          if (partitionOf(producer, sequence) !== partition) continue;
          const offset = next[partition]!++;
          if ((sequence + 1) % failedEvery === 0) ledger.indeterminate(sequence);
          else ledger.acknowledged(sequence, partition, offset);
        }
      }
    }
  }
  for (const ledger of of) ledger.close('drained');
});
const sendBytes = ledgers.bytes;

const group = new GroupLedger({ name: 'readers', findings, partitions: table });
const ends = measured('group', () => {
  const found: number[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    const end = forEachIn(partition, () => undefined);
    group.owes(partition, 0);
    group.assigned(1, partition);
    for (let from = 0; from < end; from += 500) {
      const count = Math.min(500, end - from);
      group.processed(1, partition, from, count, 0);
      group.committed(1, partition, from + count);
    }
    found.push(end);
  }
  return found;
});

let largest = 0;
const audit = new LogAudit({
  run,
  ledgers,
  groups: [group],
  partitions: table,
  findings,
  order: 'partition',
});
measured('audit', () => {
  const envelope = { ...emptyEnvelope(), run };
  // One partition after the other: what is furthest from the order of the acknowledgements.
  for (let partition = 0; partition < partitions; partition++) {
    forEachIn(partition, (producer, sequence, offset) => {
      if ((sequence + 1) % lostEvery === 0) return;
      envelope.producer = producer;
      envelope.sequence = sequence;
      audit.record(partition, offset, 0, 'ok', envelope, -1);
    });
    const end = ends[partition]!;
    largest = Math.max(largest, ledgers.bytes);
    audit.end(partition, {
      begin: 0,
      logStart: 0,
      highWatermark: end,
      lastStableOffset: end,
      position: end,
    });
  }
});
const verdict = measured('verdict', () =>
  judgeDelivery({
    guarantee: 'at-least-once',
    order: 'partition',
    ledgers,
    audit,
    groups: [group],
    partitions: table,
    findings,
  }),
);
const seconds = (performance.now() - started) / 1000;
console.log(
  `total      ${seconds.toFixed(1).padStart(6)} s, largest RSS ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB, +${(process.resourceUsage().maxRSS / 1024 - atStart / 2 ** 20).toFixed(0)}, load ${loadAverage()}`,
);
console.log(
  `ledger     ${(sendBytes / messages).toFixed(3)} bytes a message after the sends, ${(largest / messages).toFixed(3)} at most during the audit`,
);
const planted = producers * Math.floor(perProducer / lostEvery);
const { acked, present, lost, indeterminate } = verdict;
console.log(
  `${verdict.verdict}: acked ${acked} = present ${present} + lost ${lost}; indeterminate ${indeterminate}; planted as lost ${planted}`,
);
if (lost !== planted) {
  console.error(`expected ${planted} lost`);
  process.exitCode = 1;
}
