import type { z } from 'zod';
import { explainIssues, type Finding, touches, valueAt, type Written } from './explain.ts';
import type { Path } from './problem.ts';
import { type ScenarioOutput, scenarioSchema } from './schema.ts';

/** A scenario, or what remains of it without everything that the schema refuses. */
export interface Remains {
  readonly scenario: ScenarioOutput;
  /** The file's path of a path in the scenario: entries that were dropped shift list indices. */
  readonly original: (path: Path) => Path;
}

export interface SchemaCheck {
  readonly findings: readonly Finding[];
  /** Undefined where nothing remains that is a scenario. */
  readonly remains?: Remains;
}

/**
 * Holds a scenario against the schema. What it refuses is reported and taken out, and the rest is held against it
 * again: the schema looks at a value as a whole only when its parts are right, and the rules between keys only at
 * a whole scenario; yet all problems of a file should be told in one go.
 */
export function checkSchema(root: unknown, written: Written): SchemaCheck {
  const input: unknown = structuredClone(root);
  const kept = new Map<string, number[]>();
  for (const [key, value] of Object.entries(isTree(input) ? input : {})) {
    if (Array.isArray(value)) kept.set(key, [...value.keys()]);
  }
  const renamed: Renamed[] = [];
  const original = (path: Path): Path => asWritten(originalOf(path, kept), renamed);
  const findings: Finding[] = [];
  const removed: Path[] = [];
  // Every round takes something out, so a file ends after as many as it has mistakes in one place.
  for (let round = 0; round < 50; round++) {
    const parsed = scenarioSchema.safeParse(input);
    if (parsed.success) return { findings, remains: { scenario: parsed.data, original } };
    const issues = atMost(parsed.error.issues, mostProblems - findings.length);
    // What is taken out leaves a gap that the schema may complain of next: that is no mistake of the file.
    const explained = explainIssues(issues, input, (path) => written(original(path)));
    const misspelt = misspeltKeys(explained, input);
    if (misspelt.length > 0) {
      // As what was most likely meant: the rest of the file is right about it.
      for (const { key, ...finding } of misspelt) {
        findings.push({ ...finding, path: original(finding.path) });
        renamed.push(rename(input, finding.path, key, kept, original));
      }
      continue;
    }
    const found = explained
      .map((each) => ({ ...each, path: original(each.path) }))
      .filter((each) => !removed.some((gap) => touches(gap, each.path)));
    findings.push(...found);
    if (findings.length >= mostProblems) {
      const message = `${mostProblems} problems or more: only the first ones are shown`;
      return { findings: [{ path: [], message }, ...findings] };
    }

    const paths = issues.flatMap((issue): Path[] => {
      const path = issue.path.map((segment) => (typeof segment === 'symbol' ? String(segment) : segment));
      return issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
    });
    const targets = outermost(paths.map((path) => existing(input, path)));
    if (targets.some((path) => path.length === 0)) return { findings };
    removed.push(...targets.map(original));
    for (const path of targets) remove(input, path, kept);
  }
  return { findings };
}

/** A key by the name that it is held against the schema with. */
interface Renamed {
  /** Of the mapping, as the file has it. */
  readonly parent: Path;
  readonly from: string;
  readonly to: string;
}

/** Unknown keys that are like one that is not there, each of those once. */
function misspeltKeys(findings: readonly Finding[], input: unknown): (Finding & { readonly key: string })[] {
  const taken = new Set<string>();
  return findings.flatMap((finding) => {
    const { at, nearest: key, path } = finding;
    if (at !== 'key' || key === undefined || !finding.message.startsWith('unknown key')) return [];
    const place = [...path.slice(0, -1), key];
    if (valueAt(input, place) !== undefined || taken.has(JSON.stringify(place))) return [];
    taken.add(JSON.stringify(place));
    return [{ ...finding, key }];
  });
}

function rename(
  input: unknown,
  path: Path,
  to: string,
  kept: Map<string, number[]>,
  original: (path: Path) => Path,
): Renamed {
  const from = String(path.at(-1));
  const parent = path.slice(0, -1);
  const mapping = valueAt(input, parent) as Record<string, unknown>;
  const value = mapping[from];
  Reflect.deleteProperty(mapping, from);
  mapping[to] = value;
  const indices = parent.length === 0 ? kept.get(from) : undefined;
  if (indices !== undefined) kept.set(to, indices);
  return { parent: original(parent), from, to };
}

function asWritten(path: Path, renamed: readonly Renamed[]): Path {
  const result: (string | number)[] = [];
  for (const segment of path) {
    const found = renamed.find(
      ({ parent, to }) =>
        to === segment && parent.length === result.length && parent.every((each, i) => each === result[i]),
    );
    result.push(found?.from ?? segment);
  }
  return result;
}

/** A file with more is some other kind of file; nobody reads on, and the search for places takes its time. */
const mostProblems = 100;

function atMost(issues: readonly z.core.$ZodIssue[], limit: number): z.core.$ZodIssue[] {
  let left = limit;
  const kept: z.core.$ZodIssue[] = [];
  for (const issue of issues) {
    if (left <= 0) break;
    const part = issue.code === 'unrecognized_keys' ? { ...issue, keys: issue.keys.slice(0, left) } : issue;
    left -= part.code === 'unrecognized_keys' ? part.keys.length : 1;
    kept.push(part);
  }
  return kept;
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
      const at = a.findIndex((segment, i) => segment !== b[i]);
      const [left = '', right = ''] = [a[at], b[at]];
      if (typeof left === 'number' && typeof right === 'number') return right - left;
      return String(left) < String(right) ? -1 : 1;
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
