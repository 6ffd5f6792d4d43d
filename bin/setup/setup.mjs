// Sets up what is missing, in order: dependencies, native binding, compiled sources.
import { join } from 'node:path';
import { isSystemError } from '../exit-code.mjs';
import { ensureBinding } from './binding.mjs';
import { cacheDirectory } from './cache-directory.mjs';
import { compile } from './compile.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { withLock } from './lock.mjs';
import { bindingReady, compiledReady, dependenciesReady, isClone } from './ready.mjs';
import { openSession } from './session.mjs';
import { SetupError, SetupInterrupted } from './setup-error.mjs';

/**
 * @param {string} root the package's directory
 * @param {{only?: 'dependencies' | undefined}} [options]
 * @returns {Promise<number>} exit code: 0 all is there, 5 it could not be set up, 130/143 interrupted
 */
export async function setUp(root, options = {}) {
  let session;
  try {
    const cache = cacheDirectory();
    const opened = (session = openSession(cache));
    // A clone is set up under its own lock; an installed package has only the binding, locked in the cache.
    const lock = isClone(root) ? join(root, '.cache', 'setup.lock') : join(cache, 'setup.lock');
    await withLock(lock, () => steps(root, cache, opened, options), {
      signal: opened.signal,
      onWait: (pid) => opened.say(`waiting for another set-up, process ${pid}`),
    });
    return 0;
  } catch (error) {
    return report(error, root);
  } finally {
    session?.close();
  }
}

/**
 * Each step asks again whether it is needed: another process may have done it while we waited.
 * @param {string} root @param {string} cache @param {import('./session.mjs').Session} session
 * @param {{only?: 'dependencies' | undefined}} options
 */
async function steps(root, cache, session, options) {
  if (isClone(root) && !dependenciesReady(root)) await ensureDependencies(session, root);
  if (options.only === 'dependencies') return;
  if (!bindingReady(root)) await ensureBinding(session, root, cache);
  if (isClone(root) && !compiledReady(root)) await compile(session, root);
}

/** @param {unknown} error @param {string} root */
function report(error, root) {
  if (error instanceof SetupInterrupted) return error.exitCode;
  if (isSystemError(error)) {
    console.error(`set-up failed: ${error instanceof Error ? error.message : String(error)}`);
    console.error(
      `What is missing is made in ${root} and in the cache (KAFKA_BENCH_CACHE): run "node bin/dev.mjs build" once as a ` +
        'user who may write there, with room on the disk.',
    );
    return 5;
  }
  if (!(error instanceof SetupError)) throw error;
  if (error.details) console.error(error.details.replace(/^/gm, '  '));
  console.error(`set-up failed: ${error.message}`);
  if (error.hint) console.error(error.hint);
  return 5;
}
