import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyEnvelope, type EnvelopeCheck } from '../envelope.ts';
import { LogRuns } from './log-runs.ts';
import { codes, recordKinds, type EvidenceRecord } from './record.ts';
import { forEachOfMask } from './sequence-run.ts';

const run = 7;

/** @param measureStart ms since 1970 */
function runs(measureStart: number | null = null) {
  const records: EvidenceRecord[] = [];
  const append = (each: EvidenceRecord) => records.push({ ...each });
  return { records, runs: new LogRuns({ run, measureStart, append }) };
}

const record = fc.record({
  topic: fc.nat(1),
  partition: fc.nat(1),
  gap: fc.constantFrom(0, 0, 0, 0, 0, 3),
  epoch: fc.constantFrom(4, 4, 4, 4, 5),
  check: fc.constantFrom<EnvelopeCheck>('ok', 'ok', 'ok', 'ok', 'corrupt', 'foreign'),
  otherRun: fc.constantFrom(false, false, false, true),
  producer: fc.constantFrom(1, 1, 1, 2),
  step: fc.constantFrom(1, 1, 1, 2, 40, -1),
  keyHash: fc.constantFrom(-1, -1, -1, 0xffff_ffff),
  timestamp: fc.constantFrom(5000, 5000, 5400, 5400, 5500, 6499, 6500, -1),
});
const start = 5500;

describe('LogRuns', () => {
  it('tells of every record once, each partition in the order of its log', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 200 }), (list) => {
        const { records, runs: joined } = runs(start);
        const next = new Map<string, number>();
        const given = new Map<string, string[]>();
        let sequence = 100;
        for (const { topic, partition, gap, epoch, check, otherRun, producer, ...each } of list) {
          const { step, keyHash, timestamp } = each;
          const place = `${topic}/${partition}`;
          const offset = (next.get(place) ?? 0) + gap;
          next.set(place, offset + 1);
          sequence += step;
          const envelope = { ...emptyEnvelope(), run: otherRun ? run + 1 : run, producer, sequence };
          joined.record(topic, partition, offset, epoch, check, envelope, keyHash, timestamp);
          const second = timestamp < 0 ? null : Math.floor((timestamp - start) / 1000);
          const text =
            check === 'foreign' || (otherRun && check === 'ok')
              ? `${offset} foreign ${epoch}`
              : otherRun
                ? `${offset} corrupt, other run ${epoch}`
                : `${offset} ${check} ${epoch} ${producer}:${sequence} ${keyHash}`;
          given.set(place, [...(given.get(place) ?? []), `${text} in ${second}`]);
        }
        joined.flush();
        const found = new Map<string, string[]>();
        const seconds = new Map<string, number | null>();
        for (const each of records) {
          const place = `${each.topic}/${each.partition}`;
          if (each.kind === recordKinds.logTime) {
            seconds.set(place, each.time < 0 ? null : Math.floor((each.time - start) / 1000));
            continue;
          }
          const texts = expand(each).map((text) => `${text} in ${seconds.get(place) ?? null}`);
          found.set(place, [...(found.get(place) ?? []), ...texts]);
        }
        expect(found).toEqual(given);
      }),
    );
  });

  it('needs few records for batches, for scattered keys and for what is foreign', () => {
    const { records, runs: joined } = runs();
    const ours = (sequence: number) => ({ ...emptyEnvelope(), run, producer: 1, incarnation: 3, sequence });
    for (let i = 0; i < 1000; i++) joined.record(0, 0, i, 4, 'ok', ours(50 + i * 2), -1);
    for (let i = 1000; i < 2000; i++) joined.record(0, 0, i, 4, 'foreign', ours(0), -1);
    for (const [i, sequence] of [3, 4, 6, 34].entries())
      joined.record(0, 0, 2000 + i, 4, 'ok', ours(sequence), -1);
    joined.flush();
    const ok = { kind: recordKinds.log, code: codes.log.ok, client: 1, part: 3, value: 4, time: 0 };
    expect(records).toMatchObject([
      { ...ok, sequence: 50, offset: 0, count: 1000, stride: 2 },
      { code: codes.log.foreign, offset: 1000, count: 1000, client: 0, part: 0, value: 4 },
      { ...ok, sequence: 3, offset: 2000, count: (1 | 2 | 8 | (1 << 31)) >>> 0, stride: 0 },
    ]);
    joined.flush();
    expect(records).toHaveLength(3);
  });

  it('says once where records pass into another second, at the place and with the time of the first of them', () => {
    const { records, runs: joined } = runs(10_000);
    const times = [9999, 10_000, 10_999, 11_000, 11_100, 10_999];
    times.forEach((timestamp, i) =>
      joined.record(1, 2, 50 + i, 0, 'ok', { ...emptyEnvelope(), run, sequence: i }, -1, timestamp),
    );
    joined.flush();
    const place = { topic: 1, partition: 2 };
    const mark = (offset: number, time: number) => ({ ...place, kind: recordKinds.logTime, offset, time });
    const log = (offset: number, count: number) => ({ ...place, kind: recordKinds.log, offset, count });
    expect(records).toMatchObject([
      ...[mark(50, 9999), log(50, 1), mark(51, 10_000), log(51, 2)],
      ...[mark(53, 11_000), log(53, 2), mark(55, 10_999), log(55, 1)],
    ]);
  });

  it('says nothing of times where nobody knows when the measured phase began', () => {
    const { records, runs: joined } = runs();
    [1000, 9000].forEach((timestamp, i) =>
      joined.record(0, 0, i, 0, 'ok', { ...emptyEnvelope(), run, sequence: i }, -1, timestamp),
    );
    joined.flush();
    expect(records).toMatchObject([{ kind: recordKinds.log, count: 2 }]);
  });

  it('can write any sequence that a flipped bit makes', () => {
    const { records, runs: joined } = runs();
    joined.record(0, 0, 0, 0, 'corrupt', { ...emptyEnvelope(), run, sequence: 2 ** 64 }, -1);
    joined.flush();
    expect(records).toMatchObject([{ code: codes.log.corrupt, sequence: Number.MAX_SAFE_INTEGER }]);
  });
});

function expand({ code, sequence, offset, count, stride, value, client, time }: EvidenceRecord): string[] {
  const { ok, corrupt, foreign } = codes.log;
  const one = (each: number, i: number) => {
    if (code === foreign) return `${offset + i} foreign ${value}`;
    if (code !== ok && code !== corrupt) return `${offset + i} corrupt, other run ${value}`;
    return `${offset + i} ${code === ok ? 'ok' : 'corrupt'} ${value} ${client}:${each} ${time - 1}`;
  };
  if (stride > 0) return Array.from({ length: count }, (_, i) => one(sequence + i * stride, i));
  const texts: string[] = [];
  forEachOfMask({ sequence, count }, (each, i) => texts.push(one(each, i)));
  return texts;
}
