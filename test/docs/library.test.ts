import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { packageRoot } from '../../src/base/package-root.ts';
import { run } from '../../src/index.ts';
import { skippedBelow } from '../requirements.ts';

const page = readFileSync(join(packageRoot(), 'docs', 'library.md'), 'utf8');
const [example] = [...page.matchAll(/^```ts\n(.*?)^```/gms)].map(([, text]) => text!);

/** Somebody's project that has kafka-bench installed. */
function project(): string {
  const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-library-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  mkdirSync(join(directory, 'node_modules'));
  symlinkSync(packageRoot(), join(directory, 'node_modules', 'kafka-bench'));
  symlinkSync(join(packageRoot(), 'node_modules', '@types'), join(directory, 'node_modules', '@types'));
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  const compilerOptions = {
    ...{ target: 'ES2023', module: 'NodeNext', strict: true, noUncheckedIndexedAccess: true },
    ...{ types: ['node'], skipLibCheck: true, outDir: '.' },
  };
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['example.ts'] }));
  return directory;
}

describe('docs/library.md', () => {
  test.skipIf(skippedBelow('all'))(
    'its example compiles, runs and names the file that it wrote',
    () => {
      const directory = project();
      writeFileSync(join(directory, 'example.ts'), example!);
      const tsc = join(packageRoot(), 'node_modules', 'typescript', 'bin', 'tsc');
      execFileSync(process.execPath, [tsc, '-p', directory], { stdio: 'pipe' });
      const said = execFileSync(process.execPath, ['example.js'], { cwd: directory, encoding: 'utf8' });
      const [first, ...rest] = said.trim().split('\n');
      const [path, state] = first!.split(' ');
      expect(state).toBe('completed');
      expect(existsSync(join(directory, path!))).toBe(true);
      expect(rest.filter((line) => line.endsWith('µs'))).toHaveLength(2);
      // Second 0 is of this moment.
      const [time] = rest[0]!.split(' ');
      expect(Math.abs(Date.parse(time!) - Date.now())).toBeLessThan(120_000);
    },
    120_000,
  );

  test('what is wrong is an error that names the choices', async () => {
    const scenario = { producers: [{ name: 'w', topic: 't', messages: 1 }] };
    await expect(run(scenario, { cluster: 'dockre' as 'mock' })).rejects.toMatchObject({
      code: 'usage',
      message: 'cluster: expected one of auto, local, compose, mock, external, got "dockre"',
    });
    await expect(run(scenario, { trials: 0 })).rejects.toThrow('trials');
    await expect(run({ ...scenario, producer: [] }, { cluster: 'mock' })).rejects.toThrow('producers');
  });
});
