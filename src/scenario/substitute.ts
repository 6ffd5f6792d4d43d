import { holdsSecret, isSensitive, redacted } from '../base/redact.ts';
import { checkPlaceholders, isTemplate, templateForm } from './placeholders.ts';
import type { Path } from './problem.ts';
import { isUrl, withoutCredentials } from './url-credentials.ts';

export interface Sources {
  readonly env: NodeJS.ProcessEnv;
  /** Contents of a file named relative to the scenario; throws with a message for a person. */
  readonly readFile: (path: string) => string;
}

export interface Substituted {
  /** For the run: everything filled in. */
  readonly value: unknown;
  /** For the result: environment filled in; files, `security` and sensitive properties left as written. */
  readonly stored: unknown;
  readonly secrets: readonly string[];
  readonly problems: readonly {
    readonly path: Path;
    readonly message: string;
    readonly expected?: string;
    readonly nearest?: string;
  }[];
}

/** Fills `${env:NAME}`, `${env:NAME:-default}` and `${file:PATH}` into every string of a scenario. */
export function substitute(root: unknown, sources: Sources): Substituted {
  const problems: Substituted['problems'][number][] = [];
  const secrets = new Set<string>();

  const inString = (text: string, path: Path): { value: string; stored: string } => {
    const hide = hiding(path, text);
    const complain = (message: string) => problems.push({ path, message });
    const fill = (files: boolean) =>
      text.replace(/\$\{(env|file):([^}]*)\}/g, (whole, kind: string, inside: string) => {
        if (kind === 'env')
          return fromEnvironment(whole, inside, sources.env, files ? complain : () => undefined);
        if (!files) return whole;
        return fromSourceFile(inside, sources.readFile, complain);
      });
    const value = fill(true);
    if (path.at(-1) !== 'description') {
      const checked = isTemplate(path) ? value : text.replace(/\$\{(?:env|file):[^}]*\}/g, '');
      for (const each of checkPlaceholders(checked, isTemplate(path))) {
        problems.push({ path, expected: templateForm, ...each });
      }
    }
    if (isUrl(path)) {
      const own = withoutCredentials(value);
      for (const secret of own.secrets) secrets.add(secret);
      return { value, stored: own.shown };
    }
    const fromFile = text.includes('${file:') && path[2] !== 'value';
    if (hide === 'secret' || fromFile) secrets.add(value);
    return { value, stored: hide === null ? fill(false) : unresolved(text, hide) };
  };

  const walk = (node: unknown, path: Path): { value: unknown; stored: unknown } => {
    if (typeof node === 'string') return inString(node, path);
    if (Array.isArray(node)) {
      const items = node.map((item, i) => walk(item, [...path, i]));
      return { value: items.map((each) => each.value), stored: items.map((each) => each.stored) };
    }
    if (typeof node === 'object' && node !== null) {
      const entries = Object.entries(node).map(([key, item]) => [key, walk(item, [...path, key])] as const);
      return {
        value: Object.fromEntries(entries.map(([key, each]) => [key, each.value])),
        stored: Object.fromEntries(entries.map(([key, each]) => [key, each.stored])),
      };
    }
    const hide = hiding(path, '');
    if (hide === 'secret' && (typeof node === 'number' || typeof node === 'boolean'))
      secrets.add(String(node));
    return { value: node, stored: hide === null || hide === 'reference' ? node : redacted };
  };

  return { ...walk(root, []), secrets: [...secrets].filter((secret) => secret !== ''), problems };
}

/**
 * How a value is kept from results. `reference`: `${…}` stays unresolved, what is written out may be shown.
 * `name`: not shown, because its property is sensitive. `secret`: nor may its value appear anywhere else.
 */
type Hiding = 'reference' | 'name' | 'secret' | null;

function hiding(path: Path, text: string): Hiding {
  const last = String(path.at(-1));
  if (path[0] === 'security') {
    // `key` is the path of a file, or the key itself.
    const secret =
      last === 'password' || last === 'keyPassword' || (last === 'key' && /^\$\{|-----BEGIN/.test(text));
    return secret ? 'secret' : 'reference';
  }
  const inProperties = path.slice(0, -1).some((segment) => segment === 'client' || segment === 'config');
  if (!inProperties) return null;
  return holdsSecret(last) ? 'secret' : isSensitive(last) ? 'name' : null;
}

function unresolved(text: string, hide: Hiding): string {
  // The default of an unresolved reference may be the secret itself.
  if (text.includes('${'))
    return text.replace(/\$\{env:([^}]*?):-[^}]*\}/g, (_, name: string) => `\${env:${name}:-${redacted}}`);
  return hide === 'reference' ? text : redacted;
}

function fromEnvironment(
  whole: string,
  inside: string,
  env: NodeJS.ProcessEnv,
  complain: (message: string) => void,
): string {
  const match = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s.exec(inside);
  if (!match) {
    complain(`${whole}: expected \${env:NAME} or \${env:NAME:-default}`);
    return whole;
  }
  const [, name, otherwise] = match;
  const value = env[name!];
  // As in a shell, :- also stands in for an empty variable.
  if (value !== undefined && (value !== '' || otherwise === undefined)) return value;
  if (otherwise !== undefined) return otherwise;
  complain(`environment variable ${name!} is not set; \${env:${name!}:-text} would give it a default`);
  return whole;
}

function fromSourceFile(
  path: string,
  readFile: Sources['readFile'],
  complain: (message: string) => void,
): string {
  try {
    return readFile(path.trim()).replace(/\r?\n$/, '');
  } catch (error) {
    complain(`\${file:${path}}: ${error instanceof Error ? error.message : String(error)}`);
    return '';
  }
}
