import { nearest } from '../../base/nearest.ts';
import { convert, show } from './convert.ts';
import type { RecordShape, Shape } from './shape.ts';

/** How the placeholders of a text are filled in: the text for message `index`. */
export type Texts = (template: string) => (index: number) => string;

/** Values of message after message, in the form that avsc writes; one is valid until the next is made. */
export interface RecordTemplate {
  readonly constant: boolean;
  /** @throws RecordMismatch where a text that was filled in does not fit */
  readonly at: (index: number) => unknown;
}

/** Where in the record something is that its schema does not take. */
export class RecordMismatch extends Error {
  readonly path: readonly (string | number)[];
  /** Whether the last key of the path is the mistake, rather than what stands behind it. */
  readonly key: boolean;

  constructor(path: readonly (string | number)[], message: string, key = false) {
    super(message);
    this.path = path;
    this.key = key;
  }
}

type Path = RecordMismatch['path'];

/**
 * A record as a scenario writes it, with texts converted to what the schema says. Placeholders are checked once with
 * a typical text, and by whoever calls `at` for each message.
 * @throws RecordMismatch
 */
export function compileRecord(shape: Shape, template: unknown, texts: Texts): RecordTemplate {
  return compile(shape, template, texts, []);
}

function compile(shape: Shape, template: unknown, texts: Texts, path: Path): RecordTemplate {
  switch (shape.kind) {
    case 'record':
      return recordOf(shape, template, texts, path);
    case 'array':
      if (!Array.isArray(template))
        throw new RecordMismatch(path, `${show(template)} is no array: write a list`);
      return together(
        template.map((item: unknown, i) => [i, compile(shape.items, item, texts, [...path, i])] as const),
        new Array<unknown>(template.length),
      );
    case 'map': {
      if (!isMapping(template))
        throw new RecordMismatch(path, `${show(template)} is no map: write a mapping`);
      const entries = Object.entries(template);
      return together(
        entries.map(([key, item]) => [key, compile(shape.values, item, texts, [...path, key])] as const),
        emptyObject(),
      );
    }
    case 'union':
      return unionOf(shape, template, texts, path);
    default:
      return leafOf(shape, template, texts, path);
  }
}

function recordOf(shape: RecordShape, template: unknown, texts: Texts, path: Path): RecordTemplate {
  if (!isMapping(template)) {
    throw new RecordMismatch(path, `${show(template)} is no record ${shape.name}: write a mapping`);
  }
  const names = shape.fields.map(({ name }) => name);
  const unknown = Object.keys(template).find((key) => !names.includes(key));
  if (unknown !== undefined) {
    const near = nearest(unknown, names);
    const hint = near === undefined ? `its fields are ${names.join(', ')}` : `did you mean ${near}?`;
    throw new RecordMismatch(
      [...path, unknown],
      `record ${shape.name} has no field ${unknown}; ${hint}`,
      true,
    );
  }
  const parts = shape.fields.map((field): readonly [string, RecordTemplate] => {
    if (Object.hasOwn(template, field.name)) {
      return [field.name, compile(field.shape, template[field.name], texts, [...path, field.name])];
    }
    const value = field.default();
    if (value !== undefined) return [field.name, constantly(value)];
    throw new RecordMismatch(
      path,
      `field ${field.name} of record ${shape.name} is missing and has no default`,
    );
  });
  return together(parts, emptyObject());
}

/**
 * Avro's JSON form `{ long: "7" }` chooses a branch; else it is the first, in the order of the schema, that takes the
 * value.
 */
function unionOf(
  { branches }: Extract<Shape, { kind: 'union' }>,
  template: unknown,
  texts: Texts,
  path: Path,
): RecordTemplate {
  const [key, ...others] = isMapping(template) ? Object.keys(template) : [];
  const chosen = others.length === 0 ? branches.find(({ name }) => name === key) : undefined;
  const explicit = chosen && isMapping(template);
  const candidates = explicit ? [chosen, ...branches] : branches;
  const refusals: unknown[] = [];
  for (const [i, { name, shape }] of candidates.entries()) {
    const asChosen = explicit && i === 0;
    try {
      const value = compile(
        shape,
        asChosen ? template[name] : template,
        texts,
        asChosen ? [...path, name] : path,
      );
      return shape.kind === 'null' ? value : together([[name, value]], emptyObject());
    } catch (error) {
      if (shape.kind !== 'null') refusals.push(error);
    }
  }
  if (refusals.length === 1 || explicit) throw refusals[0];
  const names = branches.map(({ name }) => name).join(', ');
  throw new RecordMismatch(path, `${show(template)} fits none of the union's ${names}`);
}

function leafOf(
  shape: Parameters<typeof convert>[0],
  template: unknown,
  texts: Texts,
  path: Path,
): RecordTemplate {
  const converted = (value: unknown): unknown => {
    try {
      return convert(shape, value);
    } catch (error) {
      throw new RecordMismatch(path, error instanceof Error ? error.message : String(error));
    }
  };
  if (typeof template !== 'string' || !template.includes('${')) return constantly(converted(template));
  converted(typicalText(template));
  const text = texts(template);
  return { constant: false, at: (index) => converted(text(index)) };
}

/** One object for all messages, in which only what changes is set again. */
function together<Key extends string | number>(
  parts: readonly (readonly [Key, RecordTemplate])[],
  whole: Record<Key, unknown>,
): RecordTemplate {
  for (const [key, { constant, at }] of parts) if (constant) whole[key] = at(0);
  const changing = parts.filter(([, { constant }]) => !constant);
  const at = (index: number): unknown => {
    for (const [key, part] of changing) whole[key] = part.at(index);
    return whole;
  };
  return { constant: changing.length === 0, at };
}

const constantly = (value: unknown): RecordTemplate => ({ constant: true, at: () => value });

const emptyObject = (): Record<string, unknown> => Object.create(null) as Record<string, unknown>;

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a template gives, near enough to choose a branch by: the same in the loader and in every worker. */
export function typicalText(template: string): string {
  return template.replace(/\$\{([^}]*)\}/g, (_, placeholder: string) => {
    const [name, kind, low] = placeholder.split(':');
    if (name === 'seq') return '1';
    if (name === 'uuid') return '9f1c2b3a-4d5e-4f60-8a7b-0c1d2e3f4a5b';
    if (name === 'now') return '2026-01-02T03:04:05.678Z';
    if (kind === 'int') return low ?? '';
    return kind === 'text' ? 'x'.repeat(Number(low)) : 'x';
  });
}
