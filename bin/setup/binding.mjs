// The native binding: from the cache, else downloaded, else built from source.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import {
  aboutEntry,
  copyLoadable,
  entryKey,
  findEntries,
  platformKey,
  replace,
  store,
} from './binding-cache.mjs';
import { availableFeatures } from './build-requirements.mjs';
import { buildBinding, preGyp, removeObjects } from './build-binding.mjs';
import { load } from './load-binding.mjs';
import { binaryPath, bindingDirectory, bindingName, bindingStamp, signature } from './ready.mjs';
import { SetupError } from './setup-error.mjs';
import { provideRequirements } from './system-packages.mjs';

/** @typedef {import('./session.mjs').Session} Session */
/** @typedef {import('./binding-cache.mjs').BindingDetails} BindingDetails */

/**
 * @param {Session} session @param {string} root @param {string} cache
 */
export async function ensureBinding(session, root, cache) {
  const directory = bindingDirectory(root);
  if (directory === null) {
    throw new SetupError(`${bindingName} is not installed`, {
      hint: 'Install kafka-bench again: npm install kafka-bench',
    });
  }
  const present = await load(binaryPath(directory));
  if (present !== null) {
    // Its own install script was here before us; a source build brings its libraries along.
    const source = existsSync(join(directory, 'build', 'deps', 'librdkafka.so.1')) ? 'built' : 'prebuilt';
    writeStamp(directory, { source, ...present });
    return;
  }
  const build = join(directory, 'build');
  rmSync(build, { recursive: true, force: true });
  try {
    const platform = platformKey(versionOf(directory));
    if (await fromCache(session, directory, cache, platform)) return;
    if (await fromDownload(session, directory, cache, platform)) return;
    await fromSource(session, directory, cache, platform);
  } catch (error) {
    rmSync(build, { recursive: true, force: true });
    throw error;
  }
}

/** @param {Session} session @param {string} directory @param {string} cache @param {string} platform */
async function fromCache(session, directory, cache, platform) {
  const entries = findEntries(cache, platform, availableFeatures());
  if (entries.length === 0) return false;
  return session.step('taking the native binding from the cache', async () => {
    for (const entry of entries) {
      if (await place(entry, directory)) return true;
    }
    return false;
  });
}

/**
 * Copies a cache entry into the package and looks whether it loads there.
 * @param {string} entry @param {string} directory
 */
async function place(entry, directory) {
  const temporary = join(directory, `.build-${process.pid}-${Date.now()}`);
  try {
    copyLoadable(join(entry, 'build'), temporary);
    if ((await load(join(temporary, 'Release', 'confluent-kafka-javascript.node'))) === null) return false;
    replace(temporary, join(directory, 'build'));
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  writeStamp(directory, aboutEntry(entry));
  return true;
}

const reachMillis = 3000;
const downloadMillis = 120_000;

/**
 * The publisher's binary, when its server answers at once; a slow or filtered network must not hold us up.
 * @param {Session} session @param {string} directory @param {string} cache @param {string} platform
 */
async function fromDownload(session, directory, cache, platform) {
  const { binary } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  // Behind a proxy or with a mirror the server is not to be reached directly; node-pre-gyp knows both.
  const indirect = Object.keys(process.env).some((name) =>
    /^https?_proxy$|^npm_config_(https_)?proxy$|binary_host/i.test(name),
  );
  if (!indirect && !(await reachable(new URL(binary.host).hostname))) return false;
  return session.step('downloading the native binding', async () => {
    const { ok } = await session.run(process.execPath, [preGyp(directory), 'install'], {
      cwd: directory,
      timeoutMillis: downloadMillis,
    });
    const loaded = ok ? await load(binaryPath(directory)) : null;
    if (loaded === null) {
      rmSync(join(directory, 'build'), { recursive: true, force: true });
      return false;
    }
    await store(cache, entryKey(platform, 'prebuilt'), join(directory, 'build'), load, 'prebuilt');
    writeStamp(directory, { source: 'prebuilt', ...loaded });
    return true;
  });
}

/** @param {string} host @returns {Promise<boolean>} */
function reachable(host) {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port: 443, timeout: reachMillis });
    /** @param {boolean} answer */
    const end = (answer) => (socket.destroy(), resolve(answer));
    // The socket's own timeout starts with the connection; a name server that is silent takes longer.
    setTimeout(() => end(false), reachMillis).unref();
    socket
      .once('connect', () => end(true))
      .once('error', () => end(false))
      .once('timeout', () => end(false));
  });
}

/**
 * @param {Session} session @param {string} directory @param {string} cache @param {string} platform
 */
async function fromSource(session, directory, cache, platform) {
  await provideRequirements(session);
  const features = availableFeatures();
  const title = `building the native binding from source${features.length > 0 ? ` with ${features.join(', ')}` : ''} (about a minute)`;
  await session.step(title, async () => {
    const loaded = await buildBinding(session, directory);
    // On macOS the binary names its libraries by their absolute path in this very build: not to be moved.
    const entry =
      process.platform === 'linux'
        ? await store(cache, entryKey(platform, features), join(directory, 'build'), load, 'built')
        : null;
    if (entry !== null && (await place(entry, directory))) removeObjects(directory);
    else writeStamp(directory, { source: 'built', ...loaded });
  });
}

/** @param {string} directory */
const versionOf = (directory) =>
  String(JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')).version);

/**
 * An installation that only root may write works without the stamp, by loading the binary each time.
 * @param {string} directory @param {BindingDetails} details
 */
function writeStamp(directory, details) {
  const stamp = { abi: process.versions.modules, binary: signature(binaryPath(directory)), ...details };
  try {
    writeFileSync(bindingStamp(directory), JSON.stringify(stamp));
  } catch (error) {
    const code = /** @type {NodeJS.ErrnoException} */ (error).code;
    if (code !== 'EACCES' && code !== 'EROFS' && code !== 'EPERM') throw error;
  }
}
