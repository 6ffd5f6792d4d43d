import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codes, recordKinds, type EvidenceRecord } from '../../../protocol/evidence/record.ts';
import { evidenceDirectory, evidenceIn } from '../evidence-file.case.ts';
import { EvidenceFile } from '../evidence-file.ts';
import { ProducerEvidence } from './producer-evidence.ts';

let directory: string;
beforeEach(() => (directory = evidenceDirectory()));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const opened = { kind: recordKinds.opened, client: 4, part: 2 };
const sends = { kind: recordKinds.sends, client: 4, part: 2 };
const { confirmed, failed, refused, handedOver } = codes.sends;
/** When the file is brought up to date, µs. */
const at = 9_000;

function scene(acks: 'none' | 'some' = 'some') {
  const file = new EvidenceFile(directory, 'producer-4.2.kbev', 77, 4);
  const evidence = new ProducerEvidence({ producer: 4, incarnation: 2, acks, topic: 3 }, file, 5);
  const found = () => evidenceIn(join(directory, 'producer-4.2.kbev'));
  return { evidence, found, records: (): EvidenceRecord[] => found().records };
}

describe('ProducerEvidence', () => {
  it.each([
    ['some' as const, codes.opened.acksSome],
    ['none' as const, codes.opened.acksNone],
  ])('says before anything is sent that there is a client with acks: %s', (acks, code) => {
    expect(scene(acks).records()).toMatchObject([{ ...opened, code }]);
  });

  it('writes down what was acknowledged where, in nanoseconds', () => {
    const { evidence, records } = scene();
    for (let i = 0; i < 10; i++) evidence.confirmed(i, 1, 100 + i, 5_000_000.25 + i);
    evidence.flush(10, at);
    expect(records().slice(1)).toMatchObject([
      {
        ...{ ...sends, code: confirmed, topic: 3, partition: 1, sequence: 0, offset: 100 },
        ...{ count: 10, stride: 1, time: 5_000_009_250 },
      },
      { ...sends, code: handedOver, sequence: 9, count: 1 },
    ]);
  });

  it('keeps no place of what nobody acknowledged', () => {
    const { evidence, records } = scene('none');
    // librdkafka reports offset −1 or what an earlier message had; neither is a broker's word.
    for (let i = 0; i < 10; i++) evidence.confirmed(i, 1, 100, i);
    evidence.flush(10, at);
    expect(records()[1]).toMatchObject({
      code: confirmed,
      sequence: 0,
      count: 10,
      partition: -1,
      offset: -1,
    });
  });

  it('tells errors and refusals apart', () => {
    const { evidence, records } = scene();
    evidence.failed(0, -192, 1);
    evidence.failed(1, -192, 2);
    evidence.refused(2, 10, 3);
    evidence.flush(3, at);
    expect(records().slice(1)).toMatchObject([
      { ...sends, code: failed, sequence: 0, count: 2, value: -192, time: 2000 },
      { ...sends, code: refused, sequence: 2, count: 1, value: 10, time: 3000 },
      { ...sends, code: handedOver, sequence: 2 },
    ]);
  });

  it('tells how many are under way, whenever there are more: those have no outcome yet', () => {
    const { evidence, records } = scene();
    evidence.flush(0, at);
    expect(records()).toHaveLength(1);
    evidence.flush(7, at);
    evidence.flush(7, at);
    expect(records().slice(1)).toMatchObject([{ code: handedOver, sequence: 6 }]);
    evidence.flush(9, at);
    expect(records().slice(2)).toMatchObject([{ code: handedOver, sequence: 8 }]);
  });

  it('has nothing in its file before it is flushed but that it began: that much is lost when it is killed', () => {
    const { evidence, found } = scene();
    evidence.confirmed(0, 0, 0, 1);
    expect(found().records).toHaveLength(1);
    evidence.flush(1, at);
    expect(found()).toMatchObject({ open: true, damage: [] });
    expect(found().records).toHaveLength(3);
  });

  it('ends with how many there were, and a file that is whole', () => {
    const { evidence, found } = scene();
    evidence.confirmed(0, 0, 0, 1);
    evidence.flush(1, at);
    evidence.confirmed(1, 0, 1, 2);
    evidence.ended(5);
    expect(found()).toMatchObject({ open: false, damage: [] });
    expect(found().records.slice(-2)).toMatchObject([
      { code: confirmed, sequence: 1 },
      { kind: recordKinds.ended, code: codes.ended.drained, sequence: 5, client: 4, part: 2 },
    ]);
  });
});
