// Sets up what is missing, in order: dependencies, native binding, compiled sources.
import { join } from 'node:path';
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
  const cache = cacheDirectory();
  const session = openSession(cache);
  try {
    // A clone is set up under its own lock; an installed package has only the binding, locked in the cache.
    const lock = isClone(root) ? join(root, '.cache', 'setup.lock') : join(cache, 'setup.lock');
    await withLock(lock, () => steps(root, cache, session, options), {
      signal: session.signal,
      onWait: (pid) => session.say(`waiting for another set-up, process ${pid}`),
    });
    return 0;
  } catch (error) {
    return report(error);
  } finally {
    session.close();
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

/** @param {unknown} error */
function report(error) {
  if (error instanceof SetupInterrupted) return error.exitCode;
  if (!(error instanceof SetupError)) throw error;
  if (error.details) console.error(error.details.replace(/^/gm, '  '));
  console.error(`set-up failed: ${error.message}`);
  if (error.hint) console.error(error.hint);
  return 5;
}
