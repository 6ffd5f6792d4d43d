import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  parseDocument,
  type Scalar,
  visit,
  type YAMLError,
} from 'yaml';
import { messageOf } from '../base/errors.ts';
import { isExact } from '../base/exact-number.ts';
import type { Path } from './problem.ts';

export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface TextProblem extends Place {
  readonly message: string;
}

/** A YAML text as plain values, with the place of each. */
export interface ScenarioDocument {
  readonly value: unknown;
  /** Repeated keys, of which the first one counts, and numbers that would be changed. */
  readonly problems: readonly TextProblem[];
  /** Where a value stands, or its key; for what is not there, the nearest parent. */
  readonly locate: (path: Path, at?: 'key' | 'value') => Place;
  /** A scalar as it was written; undefined for anything else. */
  readonly written: (path: Path) => string | undefined;
}

/** @returns the document, or what keeps the text from being read at all. */
export function readDocument(
  text: string,
): ScenarioDocument | { readonly unreadable: readonly TextProblem[] } {
  if (isNestedTooDeeply(text))
    return { unreadable: [{ line: 1, column: 1, message: 'is nested too deeply' }] };
  const lines = new LineCounter();
  let documents: Document[];
  try {
    const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
    documents = 'empty' in parsed ? [] : [...parsed];
  } catch (error) {
    // The parser descends by recursion.
    const message =
      error instanceof RangeError ? 'is nested too deeply' : `not valid YAML: ${messageOf(error)}`;
    return { unreadable: [{ line: 1, column: 1, message }] };
  }
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const errors = documents.flatMap((each) => [...each.errors, ...each.warnings]);
  if (errors.length > 0)
    return { unreadable: onePerLine(errors.map((error) => explain(error, place, text))) };

  const [document, second] = documents;
  const root = document?.contents;
  if (second) {
    const message = 'a second YAML document begins here; one scenario per file';
    return { unreadable: [{ ...place(second.range?.[0] ?? 0), message }] };
  }
  if (!root || (isScalar(root) && root.value === null)) {
    const message = /[^\s#]/.test(text.replace(/^\s*#.*$/gm, '')) ? 'holds no value' : emptyMessage(text);
    return { unreadable: [{ line: 1, column: 1, message }] };
  }
  const anchor = firstAnchor(document);
  if (anchor) {
    const message =
      'anchors, aliases and merge keys (&name, *name, <<) are not supported: write the value out';
    // A node's range begins behind its anchor.
    const at = anchor.range?.[0] ?? 0;
    const sign = 'anchor' in anchor && anchor.anchor ? text.lastIndexOf('&', at) : at;
    return { unreadable: [{ ...place(sign < 0 ? at : sign), message }] };
  }
  const problems: TextProblem[] = [];
  const report = (node: Scalar, message: string): void => {
    if (problems.length < 100) problems.push({ ...place(node.range?.[0] ?? 0), message });
  };
  const value = toValue(root, [], {
    duplicate: (key, first) => {
      const line = place(first.range?.[0] ?? 0).line;
      report(key, `duplicate key "${keyText(key)}": it stands in line ${line} already`);
    },
    changed: report,
  });
  return {
    value,
    problems,
    locate: (path, at = 'value') => place(find(root, path, at)),
    written: (path) => writtenAt(root, path),
  };
}

/** A value that stands on its own, such as that of a flag, as the same text in a file would be read. @throws Error */
export function readValue(text: string, path: Path): unknown {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error) throw error;
  return toValue(document.contents, path, {
    duplicate: (key) => {
      throw new Error(`duplicate key "${keyText(key)}"`);
    },
    changed: (_, message) => {
      throw new Error(message);
    },
  });
}

/** No scenario nests this deep, and the parser's time grows with the square of the depth. */
const deepest = 200;

function isNestedTooDeeply(text: string): boolean {
  let depth = 0;
  for (const character of text) {
    if (character === '[' || character === '{') depth++;
    else if (character === ']' || character === '}') depth--;
    if (depth > deepest) return true;
  }
  return /(?:[-?:][ \t]+){200}/.test(text);
}

function emptyMessage(text: string): string {
  return text.trim() === '' ? 'is empty' : 'holds only comments';
}

function onePerLine(problems: readonly TextProblem[]): readonly TextProblem[] {
  return problems.filter((each, i) => problems.findIndex((other) => other.line === each.line) === i);
}

/** The parser repeats what it stumbled over, which may be the rest of the file. */
const mostWords = 160;

function explain(error: YAMLError, place: (offset: number) => Place, text: string): TextProblem {
  const at = place(error.pos[0]);
  // The parser descends by recursion, and says so in its own words.
  if (error.message.includes('call stack')) return { ...at, message: 'is nested too deeply' };
  const source = text.split(/\r?\n/)[at.line - 1] ?? '';
  if (error.code === 'TAB_AS_INDENT' || /^\s*\t/.test(source)) {
    return { ...at, message: 'a tab indents this line: YAML takes spaces only' };
  }
  const words = error.message.length > mostWords ? `${error.message.slice(0, mostWords)}…` : error.message;
  const message = `not valid YAML: ${words.charAt(0).toLowerCase()}${words.slice(1)}`;
  const unquoted = source.replace(/"[^"]*"|'[^']*'/g, '');
  const bare = /[{[,].*\$\{/.test(unquoted);
  return { ...at, message: bare ? `${message}; inside { } and [ ] put "\${…}" in quotes` : message };
}

function firstAnchor(document: Document): Node | undefined {
  let found: Node | undefined;
  visit(document, {
    Node(_key, node) {
      const merge = isMap(node) && node.items.some((pair) => isScalar(pair.key) && pair.key.source === '<<');
      if (!isAlias(node) && !('anchor' in node && node.anchor) && !merge) return undefined;
      found = node;
      return visit.BREAK;
    },
  });
  return found;
}

/** JSON values may hold any number; elsewhere a number that YAML respells (1e3, 4.10) stays as it was written. */
const isFreeForm = (path: Path): boolean =>
  (path[2] === 'value' && (path[3] === 'json' || path[3] === 'schema' || path[3] === 'avro')) ||
  path[2] === 'validate';

interface Complaints {
  duplicate(key: Scalar, first: Scalar): void;
  changed(node: Scalar, message: string): void;
}

function toValue(node: unknown, path: Path, complaints: Complaints): unknown {
  if (isMap(node)) {
    const seen = new Map<string, Scalar>();
    const entries: [string, unknown][] = [];
    for (const pair of node.items) {
      const key = pair.key as Scalar;
      const text = keyText(key);
      const first = seen.get(text);
      if (first) complaints.duplicate(key, first);
      else {
        seen.set(text, key);
        entries.push([text, toValue(pair.value, [...path, text], complaints)]);
      }
    }
    return Object.fromEntries(entries);
  }
  if (isSeq(node)) return node.items.map((item, i) => toValue(item, [...path, i], complaints));
  if (!isScalar(node)) return null;
  const { value, source } = node;
  const respelled = typeof value === 'number' && source !== undefined && String(value) !== source;
  if (!respelled || !isFreeForm(path)) return respelled ? source : value;
  const change = changeOf(source, value, path);
  if (change !== null) complaints.changed(node, change);
  return value;
}

/** What would become of a number in a template or a schema, and what to write instead; null: it stays what it is. */
function changeOf(source: string, value: number, path: Path): string | null {
  const isAvro = path.includes('avro');
  const isWord = /^[-+]?\.(inf|nan)$/i.test(source);
  if (isWord ? isAvro : Number.isFinite(value) && isExact(source, value)) return null;
  const become = isWord || !Number.isFinite(value) ? 'has no place in JSON' : `would become ${value}`;
  const advice = isAvro
    ? 'put it in quotes'
    : path[3] === 'json' && path[2] === 'value'
      ? 'put it in quotes, or write value.json as text, which is sent as it stands'
      : 'JSON Schema is checked with the numbers that JavaScript has';
  return `${source} ${become}: ${advice}`;
}

/** A key as it was written; a mapping or list as a key is shown as YAML would. */
function keyText(key: unknown): string {
  if (isScalar(key)) return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
  return isNode(key) ? key.toString() : '';
}

const pairOf = (node: unknown, key: string | number): Pair | undefined =>
  isMap(node) ? node.items.find((pair) => keyText(pair.key) === String(key)) : undefined;

function find(root: Node, path: Path, at: 'key' | 'value'): number {
  let node: unknown = root;
  let offset = root.range?.[0] ?? 0;
  for (const [i, segment] of path.entries()) {
    const last = i === path.length - 1;
    if (isSeq(node)) {
      node = node.items[Number(segment)];
      if (!isNode(node)) return offset;
      offset = node.range?.[0] ?? offset;
      continue;
    }
    const pair = pairOf(node, segment);
    if (!pair) return offset;
    const keyOffset = isNode(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
    node = pair.value;
    // An empty value has no place of its own worth pointing at, and a block starts on its first child.
    const hasPlace = isNode(node) && !(isScalar(node) && node.value === null);
    const block = (isMap(node) || isSeq(node)) && node.flow !== true;
    offset =
      last && at === 'key'
        ? keyOffset
        : hasPlace && (last ? !block : true)
          ? rangeOf(node, keyOffset)
          : keyOffset;
    if (block && !last && !has(node, path[i + 1]!)) return keyOffset;
  }
  return offset;
}

const has = (node: unknown, segment: string | number): boolean =>
  isSeq(node) ? isNode(node.items[Number(segment)]) : pairOf(node, segment) !== undefined;

const rangeOf = (node: unknown, otherwise: number): number =>
  isNode(node) ? (node.range?.[0] ?? otherwise) : otherwise;

function writtenAt(root: Node, path: Path): string | undefined {
  let node: unknown = root;
  for (const segment of path) node = isSeq(node) ? node.items[Number(segment)] : pairOf(node, segment)?.value;
  return isScalar(node) && typeof node.value !== 'string' ? node.source : undefined;
}
