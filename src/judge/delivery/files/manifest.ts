import { closeSync, fsyncSync, openSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { BenchError, messageOf } from '../../../base/errors.ts';
import { writeWhole } from '../../../base/write-whole.ts';

const manifestName = 'manifest.json';
const number = z.int().min(0);

const file = z.object({
  name: z.string(),
  ended: z.boolean().describe('its writer said that it ended in order: the file must be whole'),
});

const changes = z
  .array(
    z.object({
      id: z.string().nullable().describe('of the topic from then on; null: it was deleted'),
      partitions: number.describe('of that topic, when its log was to be read'),
      after: z.number().describe('µs on CLOCK_MONOTONIC: the topic before was last seen then'),
    }),
  )
  .exactOptional()
  .describe('times that the name came to stand for another topic while the run went on');

const compaction = z
  .object({
    deleteRetention: number.describe('delete.retention.ms, the least that held while the run went on'),
    certain: z.boolean().describe('false: brokers did not say what the policy is'),
  })
  .exactOptional()
  .describe('absent: cleanup.policy has not been compact while the run went on');

const keyRule = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('fixed'), text: z.string() }),
  z.object({ kind: z.enum(['sequence', 'uniform']), count: number }),
  z.object({ kind: z.literal('zipf'), n: number, s: z.number() }),
  z.object({ kind: z.literal('template'), text: z.string() }),
]);

const producer = z
  .object({
    producer: number.describe('as in envelopes'),
    incarnation: number,
    topic: number.describe('place in the list of topics'),
    partition: z.int().min(-1).describe('the only one that it sends to; −1: any'),
    name: z.string().describe('of its group'),
    client: number.describe('index in its group'),
    of: number.describe('clients in its group'),
    seed: number,
    key: keyRule,
    tombstones: z.number().describe('share of messages without a value'),
    idempotent: z.boolean(),
  })
  .describe(
    'where its messages may be: at acks=0 no acknowledgement tells; and how their keys can be made again: nothing else tells that of a message that is gone',
  );

const partitionOf = { topic: number.describe('place in the list of topics'), partition: number };

const others = z
  .object({
    members: z.array(
      z.object({
        clientId: z.string(),
        host: z.string().describe('as the broker saw it'),
        partitions: z.array(z.object(partitionOf)).describe('that it had at some time'),
        perhaps: z
          .boolean()
          .exactOptional()
          .describe('true: it was seen only while partitions were dealt out, and may have had any'),
      }),
    ),
    commits: z.array(
      z.object({
        ...partitionOf,
        offset: number,
        at: z.number().describe('µs on CLOCK_MONOTONIC: seen then'),
        processed: z
          .int()
          .min(-1)
          .describe('the run’s own where members had processed so far by then; −1: not its own'),
      }),
    ),
  })
  .exactOptional()
  .describe('who else was in the group or committed for it, as far as brokers showed it; absent: nobody');

/** What the evidence files of a run are about: all that a verdict needs and no record says. */
const manifest = z.object({
  version: z.literal([1, 2]).describe('1: says nothing of producers, nor of compaction'),
  run: number.describe('as in every envelope'),
  guarantee: z.enum(['at-most-once', 'at-least-once', 'exactly-once', 'none']),
  order: z.enum(['partition', 'key', 'none']),
  audit: z.enum(['full', 'tail']),
  readUncommitted: z.boolean().describe('the audit reads records of aborted transactions too'),
  measureStart: z
    .object({
      monotonic: z.number().describe('µs on CLOCK_MONOTONIC, the clock of what clients wrote'),
      wall: z.number().describe('ms since 1970, the clock of what the log holds'),
    })
    .exactOptional()
    .describe('absent: the run did not come to measure'),
  topics: z
    .array(
      z.object({
        name: z.string().describe('on the cluster'),
        begins: z.array(number).describe('by partition: where the log ended when the run began'),
        changes,
        compaction,
      }),
    )
    .describe('records name a topic by its place in this list'),
  groups: z
    .array(
      z.object({
        name: z.string(),
        topics: z.array(number).describe('places in the list of topics'),
        assigned: z
          .array(number)
          .exactOptional()
          .describe(
            'of a client without a group: how many partitions of each topic it reads, in their order',
          ),
        others,
        backlog: z
          .enum(['owed', 'excused', 'unread'])
          .describe('what records are that the group had not come to when it ended'),
      }),
    )
    .describe('records name a group by its place in this list'),
  deadLetters: z
    .array(
      z.object({
        name: z.string().describe('on the cluster'),
        begins: z.array(number).describe('by partition: where it ended when the run began'),
        changes,
        compaction,
      }),
    )
    .default([])
    .describe('topics that groups put into what they could not process'),
  producers: z.array(producer).default([]),
  auditedAt: z
    .number()
    .exactOptional()
    .describe('µs on CLOCK_MONOTONIC: the audit had ended; absent where it has not'),
  files: z.object({
    producers: z.array(file),
    members: z.array(file),
    audit: file.nullable().describe('null: the log has not been read'),
  }),
  conditions: z
    .array(z.object({ name: z.string(), met: z.boolean() }))
    .describe('what the run was to bring about'),
  damage: z
    .array(z.object({ part: z.enum(['producers', 'groups', 'dead-letters', 'log']), text: z.string() }))
    .describe('evidence that the run knows to be missing'),
  gaveUp: z.array(z.string()).default([]).describe('what the run did not wait for, or could not go on with'),
});

export type EvidenceManifest = z.infer<typeof manifest>;

/** Written under a temporary name and renamed: a reader finds the one before or this one. @throws BenchError `results` */
export function writeManifest(directory: string, content: EvidenceManifest): void {
  const path = join(directory, manifestName);
  const temporary = `${path}.tmp`;
  try {
    const file = openSync(temporary, 'w');
    try {
      writeWhole(file, `${JSON.stringify(content, null, 1)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    throw new BenchError('results', `cannot write the delivery evidence ${path}: ${messageOf(error)}`, {
      hint: 'free some space or choose another place with --results DIR',
      cause: error,
    });
  }
}

/** @throws BenchError `results` where there is none, or not one of this version */
export function readManifest(directory: string): EvidenceManifest {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(join(directory, manifestName), 'utf8'));
  } catch (error) {
    throw new BenchError('results', `no delivery evidence in ${directory}: ${messageOf(error)}`, {
      hint: 'evidence lies beside the result unless the scenario says `verify: { evidence: false }`',
      cause: error,
    });
  }
  const { data, error } = manifest.safeParse(content);
  if (data) return data;
  const issue = error.issues[0]!;
  throw new BenchError(
    'results',
    `${join(directory, manifestName)}: ${issue.path.join('.')}: ${issue.message}`,
  );
}
