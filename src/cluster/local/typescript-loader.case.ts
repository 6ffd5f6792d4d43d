import { join } from 'node:path';
import { packageRoot } from '../../base/package-root.ts';

const manifest = JSON.stringify(join(packageRoot(), 'package.json'));

const hooks = `
  import { readFile } from 'node:fs/promises';
  import { createRequire } from 'node:module';
  import { fileURLToPath } from 'node:url';
  const ts = createRequire(${manifest})('typescript');
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true };
  export async function load(url, context, next) {
    if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context);
    const text = await readFile(fileURLToPath(url), 'utf8');
    const source = ts.transpileModule(text, { compilerOptions }).outputText;
    return { format: 'module', shortCircuit: true, source };
  }`;

/**
 * For `node --import`: runs this repository's TypeScript in a child process without a build, by stripping types
 * with the compiler. A child is needed where a test kills the process that owns something.
 */
export const typescriptLoader = asUrl(`
  import { register } from 'node:module';
  register(${JSON.stringify(asUrl(hooks))});`);

function asUrl(source: string): string {
  return `data:text/javascript,${encodeURIComponent(source)}`;
}
