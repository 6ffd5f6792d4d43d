import type { Path } from './problem.ts';
import { type ScenarioOutput, scenarioSchema } from './schema.ts';
import { valueAt } from './explain.ts';

export interface Salvaged {
  readonly scenario: ScenarioOutput;
  /** The file's path of a path in the scenario: entries that were dropped shift list indices. */
  readonly original: (path: Path) => Path;
}

/**
 * What remains of a scenario when everything that the schema refuses is taken out, so that the rules between
 * keys can be checked in the same go. Undefined when that does not come to an end.
 */
export function salvage(root: unknown): Salvaged | undefined {
  const input: unknown = structuredClone(root);
  if (!isTree(input)) return undefined;
  const kept = new Map<string, number[]>();
  for (const [key, value] of Object.entries(input))
    if (Array.isArray(value)) kept.set(key, [...value.keys()]);

  for (let round = 0; round < 50; round++) {
    const parsed = scenarioSchema.safeParse(input);
    if (parsed.success) return { scenario: parsed.data, original: (path) => originalOf(path, kept) };
    const paths = parsed.error.issues.flatMap((issue): Path[] => {
      const path = issue.path.map((segment) => (typeof segment === 'symbol' ? String(segment) : segment));
      return issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
    });
    const targets = outermost(paths.map((path) => existing(input, path)));
    if (targets.some((path) => path.length === 0)) return undefined;
    for (const path of targets) remove(input, path, kept);
  }
  return undefined;
}

/** The path, or that of its nearest parent that is there: a key that is missing was required by the parent. */
function existing(root: unknown, path: Path): Path {
  return path.length === 0 || valueAt(root, path) !== undefined ? path : existing(root, path.slice(0, -1));
}

/** Without repetitions and what stands inside another; later list entries first, so that none moves another. */
function outermost(paths: readonly Path[]): Path[] {
  const isInside = (path: Path, other: Path): boolean => other.every((segment, i) => path[i] === segment);
  return paths
    .filter((path, i) => {
      return !paths.some((other, j) => isInside(path, other) && (other.length < path.length || j < i));
    })
    .sort((a, b) => {
      const i = a.findIndex((segment, at) => segment !== b[at]);
      const [left, right] = [a[i], b[i]];
      return typeof left === 'number' && typeof right === 'number' ? right - left : 0;
    });
}

function remove(root: unknown, path: Path, kept: Map<string, number[]>): void {
  const parent = valueAt(root, path.slice(0, -1));
  const last = path.at(-1)!;
  if (Array.isArray(parent)) {
    parent.splice(Number(last), 1);
    if (path.length === 2) kept.get(String(path[0]))?.splice(Number(last), 1);
  } else if (isTree(parent)) {
    Reflect.deleteProperty(parent, last);
  }
}

function originalOf(path: Path, kept: ReadonlyMap<string, readonly number[]>): Path {
  const [list, index, ...rest] = path;
  if (typeof index !== 'number') return path;
  return [list!, kept.get(String(list))?.[index] ?? index, ...rest];
}

const isTree = (value: unknown): value is object => typeof value === 'object' && value !== null;
