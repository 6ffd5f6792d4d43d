import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { monotonic, sleep } from '../../base/clock.ts';
import { virtualTime } from '../../base/virtual-time.case.ts';
import type { ReceivedMessage } from '../kafka/binding.ts';
import type { ConsumerEvents } from '../kafka/consumer.ts';
import { recordKinds } from '../../protocol/evidence/record.ts';
import { ConsumerEvidence } from './consumer/consumer-evidence.ts';
import {
  jsonMessage,
  joined,
  run,
  scene as sceneOf,
  settleMillis,
  type FakeClient,
} from './consumer/consumer-session.case.ts';
import { evidenceDirectory, evidenceIn } from './evidence-file.case.ts';
import { EvidenceFile } from './evidence-file.ts';
import type { ConsumerClientPlan } from '../../protocol/plan.ts';

virtualTime();

vi.mock('../kafka/consumer.ts', () => ({
  ConsumerClient: {
    connect: ({ client }: { client: FakeClient }, events: ConsumerEvents) => {
      client.events = events;
      return Promise.resolve(client);
    },
  },
}));

/** What happens to a dead letter on its way. */
let onWrite: (original: ReceivedMessage) => Promise<void> = () => Promise.resolve();
const written: number[] = [];
vi.mock('./consumer/dead-letter-writer.ts', () => ({
  DeadLetterWriter: {
    connect: () =>
      Promise.resolve({
        write: async (original: ReceivedMessage) => {
          await onWrite(original);
          written.push(original.offset);
          return { topic: 'dead', partition: 0, offset: written.length - 1 };
        },
        close: () => Promise.resolve(),
      }),
  },
}));

const directories: string[] = [];
afterAll(() => directories.forEach((each) => rmSync(each, { recursive: true, force: true })));
beforeEach(() => {
  written.length = 0;
  onWrite = () => Promise.resolve();
});

const { processed, deadLettered, skipped } = recordKinds;
const deadLetter = { topic: 'dead', afterAttempts: 2, config: {} };
const validate = { json: { required: ['at'] } };
const valid = '{"at": 1}';

function scene(more: Partial<ConsumerClientPlan> = {}) {
  const directory = evidenceDirectory();
  directories.push(directory);
  const file = new EvidenceFile(directory, 'member-0.kbev', run, 65_536);
  const evidence = new ConsumerEvidence({ group: 0, member: 0, topics: ['t'] }, file, monotonic);
  const plan = { idleTimeout: 100_000, commit: { kind: 'each' as const }, validate, deadLetter, ...more };
  const made = sceneOf(plan, evidence);
  const taking = async (...values: string[]) => {
    await joined(made.session, made.client);
    const running = made.begin();
    await sleep(settleMillis);
    values.forEach((value, offset) => made.client.log.push(jsonMessage(offset, value)));
    await running;
  };
  const offsets = (kind: number) =>
    evidenceIn(join(directory, 'member-0.kbev')).records.flatMap((record) =>
      record.kind === kind ? Array.from({ length: record.count }, (_, i) => record.offset + i) : [],
    );
  return { ...made, taking, offsets };
}

describe('a consumer with a dead-letter topic', () => {
  it('puts invalid messages there, processes the others and commits them all', async () => {
    const { taking, offsets, session, client } = scene();
    await taking(valid, '{}', 'no JSON', valid);
    expect(written).toEqual([1, 2]);
    expect([offsets(processed), offsets(deadLettered)]).toEqual([
      [0, 3],
      [1, 2],
    ]);
    expect(client.commits.map(([position]) => position!.offset)).toEqual([1, 2, 3, 4]);
    expect(session.report()).toMatchObject({ processed: 2, invalid: 2, failed: 0, deadLettered: 2 });
    expect(session.report().unprocessed).toMatchObject([
      { offset: 1, error: "the value must have required property 'at'", attempts: 1 },
      { offset: 2, deadLetter: { topic: 'dead', partition: 0, offset: 1 } },
    ]);
  });

  it('commits an original only when its dead letter has been acknowledged and is on record', async () => {
    const { taking, offsets, client } = scene();
    const before: unknown[] = [];
    onWrite = async () => {
      await sleep(50);
      before.push(client.commits.length);
    };
    client.onCommit = ([position]) => {
      if (position!.offset === 2) before.push([...written], offsets(deadLettered));
      return null;
    };
    await taking(valid, '{}', valid);
    expect(before).toEqual([1, [1], [1]]);
  });

  it('ends where a dead letter cannot be written, and commits nothing from there on', async () => {
    const { taking, client } = scene();
    onWrite = () => Promise.reject(new Error('no room'));
    await expect(taking(valid, '{}', valid)).rejects.toThrow('no room');
    expect(client.commits.map(([position]) => position!.offset)).toEqual([1]);
  });

  it('does not commit what another member has by the time the dead letter is there', async () => {
    const { taking, client } = scene();
    onWrite = () => {
      client.revoke();
      return Promise.resolve();
    };
    await taking(valid, '{}', valid);
    expect(written).toEqual([1]);
    expect(client.commits.map(([position]) => position!.offset)).toEqual([1]);
  });

  it('gives up what fails, whatever its value', async () => {
    const { taking, session, offsets } = scene({ failures: 1, validate: null });
    await taking(valid, '{}');
    expect(session.report()).toMatchObject({ processed: 0, failed: 2, deadLettered: 2 });
    expect(offsets(deadLettered)).toEqual([0, 1]);
    expect(session.report().unprocessed).toMatchObject([{ attempts: 2 }, { attempts: 2 }]);
  });

  it('leaves what fails behind where there is no such topic, and says so', async () => {
    const { taking, session, offsets, client } = scene({ failures: 1, deadLetter: null });
    await taking(valid, '{}');
    expect([offsets(processed), offsets(skipped)]).toEqual([[], [0, 1]]);
    expect(client.commits.at(-1)).toMatchObject([{ offset: 2 }]);
    expect(session.report()).toMatchObject({ processed: 0, invalid: 1, failed: 2, deadLettered: 0 });
  });
});
