import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Directory of this package's package.json, the same from src/ and from dist/. */
export function packageRoot(): string {
  root ??= find(dirname(fileURLToPath(import.meta.url)));
  return root;
}

let root: string | undefined;

function find(start: string): string {
  for (let directory = start; ; directory = dirname(directory)) {
    const manifest = join(directory, 'package.json');
    // dist/ may carry a package.json of its own that only names the module format.
    if (
      existsSync(manifest) &&
      (JSON.parse(readFileSync(manifest, 'utf8')) as { name?: string }).name === 'kafka-bench'
    ) {
      return directory;
    }
    if (dirname(directory) === directory) throw new Error(`no package.json of kafka-bench above ${start}`);
  }
}
