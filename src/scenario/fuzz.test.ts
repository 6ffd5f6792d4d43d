import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { parseScenario } from './load.ts';
import { ScenarioError } from './problem.ts';

const golden = readFileSync(join(import.meta.dirname, 'golden', 'broken.txt'), 'utf8');
/** The one case that uses nearly every key of the grammar. */
const whole = /=== not yet supported\n([^]*?)-{10}\n/.exec(golden)![1]!;

/** Whatever the text is: a scenario, or problems that each have a place in the file and one line. */
function check(text: string): void {
  try {
    parseScenario(text, { file: 'x.yaml', env: {}, readFile: () => 'contents' });
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    const lines = text.split(/\r\n|\n|\r/).length;
    expect(error.problems.length).toBeGreaterThan(0);
    for (const { line, column, message } of error.problems) {
      expect(line).toBeGreaterThanOrEqual(1);
      expect(line).toBeLessThanOrEqual(lines);
      expect(column).toBeGreaterThanOrEqual(1);
      expect(message).not.toMatch(/Invalid input|undefined|\[object|\n/);
    }
  }
}

/** They compute for seconds and wait for nothing: on a busy machine that takes as long as it takes. */
const computing = 120_000;

test(
  'a text with a piece cut out or put in',
  () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 4 }),
      fc.constantFrom('\t', '\n', '{', '}', '[', '- ', ': ', '"', '${', '&a ', '*a', '#'),
    );
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(30), piece, (at, length, put) => {
        check(whole.slice(0, at) + put + whole.slice(at + length));
      }),
      { numRuns: 150 },
    );
  },
  computing,
);

/** The paths of every value in a tree. */
function paths(node: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof node !== 'object' || node === null) return [path];
  return [path, ...Object.entries(node).flatMap(([key, each]) => paths(each, [...path, key]))];
}

test(
  'any value of the grammar replaced by any other',
  () => {
    const tree: unknown = parseYaml(whole);
    const places = paths(tree).filter((path) => path.length > 0);
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.jsonValue({ maxDepth: 2 }), (path, value) => {
        const copy = structuredClone(tree) as Record<string, unknown>;
        let parent = copy;
        for (const key of path.slice(0, -1)) parent = parent[key] as Record<string, unknown>;
        parent[path.at(-1)!] = value;
        // JSON is YAML.
        check(JSON.stringify(copy, null, 2));
      }),
      { numRuns: 150 },
    );
  },
  computing,
);
