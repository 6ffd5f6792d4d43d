import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileStamp, sourcesSignature } from './ready.mjs';

/**
 * Compiles src/ to dist/. The stamp goes first and comes back last: an interrupted compilation is not taken for
 * a finished one.
 * @param {import('./session.mjs').Session} session @param {string} root
 */
export async function compile(session, root) {
  await session.step('compiling', async () => {
    const sources = sourcesSignature(root);
    rmSync(compileStamp(root), { force: true });
    // tsc trusts .tsbuildinfo and would not write again what somebody deleted.
    if (!existsSync(join(root, 'dist', 'cli', 'main.js')))
      rmSync(join(root, 'dist'), { recursive: true, force: true });
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const { ok, output } = await session.run(
      process.execPath,
      [tsc, '-p', 'tsconfig.build.json', '--pretty', 'false'],
      {
        cwd: root,
      },
    );
    if (!ok) {
      throw session.failure('the sources do not compile', output, {
        hint: 'Mend the errors above and run the command again.',
        lines: 40,
      });
    }
    removeOrphans(root);
    writeFileSync(compileStamp(root), JSON.stringify({ sources }));
  });
}

/** What tsc once wrote for a source that is gone: it would still be found, and published. @param {string} root */
function removeOrphans(root) {
  for (const name of readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' })) {
    const source = /^(.+?)(\.js|\.d\.ts)(\.map)?$/.exec(name)?.[1];
    if (source !== undefined && !existsSync(join(root, 'src', `${source}.ts`)))
      rmSync(join(root, 'dist', name));
  }
}
