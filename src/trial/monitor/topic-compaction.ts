import type { Admin } from '../../cluster/admin/admin.ts';
import type { CompactionPolicy } from '../../judge/delivery/sent-messages.ts';

/** `none`: cleanup.policy is without compact. */
export type TopicCompaction = CompactionPolicy | 'none';

/** As the brokers apply it now; not certain where they do not tell, as to an account that may only read and write. */
export async function compactionsOf(
  topics: readonly string[],
  admin: Pick<Admin, 'topicConfigs'>,
): Promise<ReadonlyMap<string, TopicCompaction>> {
  // Nothing is known where nobody answers.
  const told = await admin
    .topicConfigs(topics, ['cleanup.policy', 'delete.retention.ms'])
    .catch(() => new Map<string, Readonly<Record<string, string>>>());
  return new Map(topics.map((name) => [name, compactionIn(told.get(name) ?? {})]));
}

function compactionIn(config: Readonly<Record<string, string>>): TopicCompaction {
  const policy = config['cleanup.policy'];
  if (policy === undefined) return { deleteRetention: 0, certain: false };
  if (!policy.split(',').some((each) => each.trim() === 'compact')) return 'none';
  return { deleteRetention: Number(config['delete.retention.ms'] ?? 0), certain: true };
}

/**
 * Of two moments of a run: what was compacted at one of them may lack messages ever after. A broker that does not tell
 * later on takes back nothing; where none told before, the topic may have been compacted then.
 */
export function joined(before: TopicCompaction | undefined, now: TopicCompaction): TopicCompaction {
  if (before === undefined) return now;
  const known = [before, now].filter((each) => each === 'none' || each.certain);
  const compacted = known.filter((each) => each !== 'none');
  if (compacted.length > 0) {
    return { deleteRetention: Math.min(...compacted.map((each) => each.deleteRetention)), certain: true };
  }
  return before;
}
