import { nearest } from '../base/nearest.ts';
import type { Path } from './problem.ts';

/** What templates know; also the wording of errors. */
const examples = ['seq', 'uuid', 'now', 'producer', 'random:int:1:100', 'random:text:20'];

/** How a placeholder begins, to the whole of it. */
const stems: Readonly<Record<string, string>> = {
  ...Object.fromEntries(examples.map((each) => [each.split(':').slice(0, 2).join(':'), each])),
  random: 'random:int:1:100',
  env: 'env:NAME',
  file: 'file:PATH',
};

const spell = (placeholder: string): string => `\${${placeholder}}`;

export const templateForm = `one of ${examples.map(spell).join(' ')}`;

export interface PlaceholderProblem {
  readonly message: string;
  readonly nearest?: string;
}

/** Where `${seq}` and its like are filled in: JSON and avro values, key templates and headers. */
export function isTemplate(path: Path): boolean {
  if (path[0] !== 'producers') return false;
  const [, , part, kind] = path;
  return (
    (part === 'value' && kind === 'json') ||
    (part === 'value' && kind === 'avro' && path[4] === 'record') ||
    (part === 'key' && kind === 'template') ||
    part === 'headers'
  );
}

/** What is wrong with the placeholders of one text; `${env:…}` and `${file:…}` are filled in before. */
export function checkPlaceholders(text: string, template: boolean): PlaceholderProblem[] {
  const problems: PlaceholderProblem[] = [];
  for (const [whole, inside] of text.matchAll(/\$\{([^}]*)(?:\}|$)/g)) {
    if (!whole.endsWith('}')) problems.push({ message: `"${whole.slice(0, 30)}" has no closing brace` });
    else if (!isKnown(inside!)) problems.push(unknown(inside!, template));
    else if (!template) {
      const message = `${whole} is filled in only in value.json, value.avro.record, key.template and headers`;
      problems.push({ message });
    }
  }
  return problems;
}

function isKnown(inside: string): boolean {
  if (['seq', 'uuid', 'now', 'producer'].includes(inside)) return true;
  const int = /^random:int:(-?\d{1,15}):(-?\d{1,15})$/.exec(inside);
  if (int) return Number(int[1]) <= Number(int[2]) && Number(int[2]) - Number(int[1]) < 2 ** 32;
  return /^random:text:\d{1,8}$/.test(inside);
}

function unknown(inside: string, template: boolean): PlaceholderProblem {
  if (inside.startsWith('random:int:')) {
    return {
      message: `${spell(inside)}: expected \${random:int:LOW:HIGH}, LOW not above HIGH, less than 2^32 apart`,
    };
  }
  if (inside.startsWith('random:text:')) {
    return { message: `${spell(inside)}: expected \${random:text:LENGTH}` };
  }
  const words = inside.split(':');
  const near =
    nearest(inside, Object.keys(stems)) ??
    nearest(words.slice(0, 2).join(':'), Object.keys(stems)) ??
    nearest(words[0]!, Object.keys(stems));
  const message = `unknown placeholder ${spell(inside)}`;
  if (near === undefined)
    return { message: `${message}; expected ${template ? templateForm : '${env:NAME} or ${file:PATH}'}` };
  const spelled = spell(stems[near]!);
  return { message: `${message}; did you mean ${spelled}?`, nearest: spelled };
}
