import { isMeasured, parseMetric, supportedMetrics } from '../metrics/metrics.ts';
import { type Finding, pathName, valueAt } from './explain.ts';
import type { Path } from './problem.ts';

export interface SupportContext {
  readonly root: unknown;
  /** Whether a flag or KAFKA_BENCH_BOOTSTRAP names a running cluster: then `auto` is external. */
  readonly bootstrapGiven: boolean;
}

/** `*` stands for any key or index; `is` says which values ask for what does not exist yet (default: any). */
interface Unsupported {
  readonly pattern: string;
  readonly reason: string;
  readonly is?: (value: unknown, context: SupportContext) => boolean;
}

const notEmpty = (value: unknown): boolean =>
  value !== null && (typeof value !== 'object' || Object.keys(value).length > 0);

/** Everything the grammar knows and no run does yet. A line goes away with the work that brings it. */
const table: readonly Unsupported[] = [
  { pattern: 'pipelines', reason: 'consume-transform-produce', is: notEmpty },
  { pattern: 'producers.*.transactions', reason: 'transactions' },
  { pattern: 'producers.*.stop.restartAfter', reason: 'producers that start again' },
  { pattern: 'producers.*.stop.*.restartAfter', reason: 'producers that start again' },
  { pattern: 'producers.*.value.file', reason: 'values from a file' },
  { pattern: 'security', reason: 'security on clusters that kafka-bench starts', is: startsCluster },
  { pattern: 'security.clientAuth', reason: 'security on clusters that kafka-bench starts' },
  { pattern: 'matrix', reason: 'experiments' },
  { pattern: 'sweep', reason: 'experiments' },
  { pattern: 'search', reason: 'experiments' },
];

/** What no run does whatever it is: patterns of keys, `*` for an entry of a list. */
export const unsupportedKeys: readonly string[] = table
  .filter(({ is }) => is !== startsCluster)
  .map(({ pattern }) => pattern);

/** Keys of the grammar whose execution does not exist yet: refused, never ignored. */
export function findUnsupported(context: SupportContext): Finding[] {
  const { root } = context;
  const found = table.flatMap(({ pattern, reason, is }) =>
    matches(pattern.split('.'), root)
      .filter((path) => is?.(valueAt(root, path), context) ?? true)
      .map((path) => refusal(path, reason, root)),
  );
  return [...found, ...unsupportedExpectations(root)];
}

function refusal(path: Path, reason: string, root: unknown): Finding {
  return { path, at: 'key', message: `${pathName(path, root)} is not yet supported (${reason})` };
}

function matches(pattern: readonly string[], root: unknown): Path[] {
  let paths: Path[] = [[]];
  for (const segment of pattern) {
    paths = paths.flatMap((path) => {
      const value = valueAt(root, path);
      if (typeof value !== 'object' || value === null) return [];
      const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
      return keys.filter((key) => segment === '*' || key === segment).map((key) => [...path, key]);
    });
  }
  return paths;
}

function startsCluster(security: unknown, { root, bootstrapGiven }: SupportContext): boolean {
  const cluster = valueAt(root, ['cluster']);
  const kind = valueAt(root, ['cluster', 'kind']) ?? (typeof cluster === 'string' ? cluster : 'auto');
  const named = bootstrapGiven || valueAt(root, ['cluster', 'bootstrap']) !== undefined;
  return notEmpty(security) && kind !== 'external' && !(kind === 'auto' && named);
}

function unsupportedExpectations(root: unknown): Finding[] {
  const expect = valueAt(root, ['expect']);
  if (typeof expect !== 'object' || expect === null) return [];
  return Object.keys(expect).flatMap((metric): Finding[] => {
    const parsed = parseMetric(metric);
    if (metric === 'delivery' || 'error' in parsed) return [];
    const path = ['expect', metric];
    const isUnknown = !supportedMetrics.has(parsed.name);
    const what = isUnknown ? `the metric ${parsed.name}` : `${parsed.name} with the window @${parsed.window}`;
    const reason = isMeasured(parsed) ? null : what;
    return reason === null
      ? []
      : [{ path, at: 'key', message: `expect "${metric}" is not yet supported (${reason})` }];
  });
}
