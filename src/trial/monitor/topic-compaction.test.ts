import { describe, expect, it } from 'vitest';
import type { Admin } from '../../cluster/admin/admin.ts';
import { compactionsOf, joined } from './topic-compaction.ts';

const telling = (config: Record<string, string> | Error): Admin =>
  ({
    topicConfigs: () =>
      config instanceof Error ? Promise.reject(config) : Promise.resolve(new Map([['t', config]])),
  }) as unknown as Admin;

const unknown = { deleteRetention: 0, certain: false };
const within = (deleteRetention: number) => ({ deleteRetention, certain: true });

describe('compactionsOf', () => {
  it.each([
    ['delete', 'none'],
    ['', 'none'],
    ['compact', within(60_000)],
    ['compact,delete', within(60_000)],
    ['delete, compact', within(60_000)],
  ] as const)('reads cleanup.policy %j', async (policy, expected) => {
    const config = { 'cleanup.policy': policy, 'delete.retention.ms': '60000' };
    expect(await compactionsOf(['t'], telling(config))).toEqual(new Map([['t', expected]]));
  });

  it('does not know where brokers do not tell', async () => {
    const silent = new Map([['t', unknown]]);
    expect(await compactionsOf(['t'], telling({}))).toEqual(silent);
    expect(await compactionsOf(['t'], telling(new Error('TOPIC_AUTHORIZATION_FAILED')))).toEqual(silent);
  });

  it('knows of the topics that brokers tell of', async () => {
    const both = await compactionsOf(['t', 'secret'], telling({ 'cleanup.policy': 'delete' }));
    expect(Object.fromEntries(both)).toEqual({ t: 'none', secret: unknown });
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
