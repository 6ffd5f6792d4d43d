import type { ReceivedMessage } from '../../kafka/binding.ts';
import { codes, emptyRecord, recordKinds, type EvidenceRecord } from '../../../protocol/evidence/record.ts';
import { originOf } from '../consumer/dead-letter-headers.ts';
import type { EnvelopeReader } from '../envelope-reader.ts';

/** What numbers in records stand for. */
export interface DeadLetterNames {
  readonly run: number;
  /** Topics of the run's messages. */
  readonly topics: readonly string[];
  /** `group.id` to the number of the group. */
  readonly groups: ReadonlyMap<string, number>;
}

/**
 * A record of a dead-letter topic as evidence; null where it is no dead letter of this run's messages.
 *
 * @param topic the number of the dead-letter topic
 */
export function foundDeadLetter(
  message: ReceivedMessage,
  topic: number,
  envelopes: EnvelopeReader,
  { run, topics, groups }: DeadLetterNames,
): EvidenceRecord | null {
  const check = envelopes.inspect(message);
  const { envelope } = envelopes;
  if (check === 'foreign' || envelope.run !== run) return null;
  const origin = originOf(message);
  const from = origin === null ? -1 : topics.indexOf(origin.topic);
  // Of a topic that is not audited nothing is claimed: a dead letter may have died again.
  if (origin !== null && from < 0) return null;
  return {
    ...emptyRecord(),
    kind: recordKinds.deadLetter,
    code: check === 'ok' ? codes.deadLetter.ok : codes.deadLetter.corrupt,
    topic: Math.max(0, from),
    partition: origin?.partition ?? -1,
    offset: origin?.offset ?? -1,
    sequence: Math.min(envelope.sequence, Number.MAX_SAFE_INTEGER),
    client: envelope.producer,
    part: envelope.incarnation,
    value: (origin === null ? onlyOf(groups) : groups.get(origin.group)) ?? -1,
    stride: topic,
    count: message.partition,
    time: message.offset,
  };
}

/** A letter that says nothing of itself can only be told of where one group writes any. */
function onlyOf(groups: ReadonlyMap<string, number>): number | undefined {
  const numbers = [...new Set(groups.values())];
  return numbers.length === 1 ? numbers[0] : undefined;
}
