import { describe, expect, it } from 'vitest';
import type { Admin } from '../admin/admin.ts';
import { compactionOf, joined } from './topic-compaction.ts';

const telling = (config: Record<string, string> | Error): Admin =>
  ({
    topicConfig: () => (config instanceof Error ? Promise.reject(config) : Promise.resolve(config)),
  }) as unknown as Admin;

const unknown = { deleteRetention: 0, certain: false };
const within = (deleteRetention: number) => ({ deleteRetention, certain: true });

describe('compactionOf', () => {
  it.each([
    ['delete', 'none'],
    ['', 'none'],
    ['compact', within(60_000)],
    ['compact,delete', within(60_000)],
    ['delete, compact', within(60_000)],
  ] as const)('reads cleanup.policy %j', async (policy, expected) => {
    const config = { 'cleanup.policy': policy, 'delete.retention.ms': '60000' };
    expect(await compactionOf('t', telling(config))).toEqual(expected);
  });

  it('does not know where brokers do not tell', async () => {
    expect(await compactionOf('t', telling({}))).toEqual(unknown);
    expect(await compactionOf('t', telling(new Error('TOPIC_AUTHORIZATION_FAILED')))).toEqual(unknown);
  });
});

describe('two moments of a run', () => {
  it('are compacted if one is, with the shorter retention', () => {
    expect(joined(within(5), within(3))).toEqual(within(3));
    expect(joined('none', within(3))).toEqual(within(3));
    expect(joined(within(5), 'none')).toEqual(within(5));
    expect(joined(within(5), unknown)).toEqual(within(5));
    expect(joined(undefined, within(5))).toEqual(within(5));
  });

  it('are known where the first one is: a broker that is away later on changes nothing', () => {
    expect(joined('none', unknown)).toBe('none');
    // It may have been compacted until somebody told.
    expect(joined(unknown, 'none')).toEqual(unknown);
    expect(joined(unknown, unknown)).toEqual(unknown);
  });
});
