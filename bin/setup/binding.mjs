// The native binding: from the cache, else downloaded, else built from source.
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { execFile } from 'node:child_process';
import {
  aboutEntry,
  copyLoadable,
  entryKey,
  findEntries,
  platformKey,
  replace,
  store,
} from './binding-cache.mjs';
import {
  availableFeatures,
  installCommand,
  missing,
  optional,
  packageManager,
  packageNames,
  required,
} from './build-requirements.mjs';
import { npmCommand } from './dependencies.mjs';
import { binaryPath, bindingDirectory, bindingName, bindingStamp, signature } from './ready.mjs';
import { SetupError } from './setup-error.mjs';

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
    await fromSource(session, root, directory, cache, platform);
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
    const tool = createRequire(join(directory, 'package.json')).resolve(
      '@mapbox/node-pre-gyp/bin/node-pre-gyp',
    );
    const { ok } = await session.run(process.execPath, [tool, 'install'], {
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
 * @param {Session} session @param {string} root @param {string} directory @param {string} cache
 * @param {string} platform
 */
async function fromSource(session, root, directory, cache, platform) {
  await provideRequirements(session);
  const features = availableFeatures();
  const title = `building the native binding from source${features.length > 0 ? ` with ${features.join(', ')}` : ''} (about a minute)`;
  await session.step(title, async () => {
    const [npm, args] = npmCommand([
      'rebuild',
      bindingName,
      '--foreground-scripts',
      '--ignore-scripts=false',
    ]);
    const { ok, output } = await session.run(npm, args, {
      cwd: installedIn(root, directory),
      env: buildEnvironment(),
    });
    const loaded = ok ? await load(binaryPath(directory)) : null;
    if (loaded === null) throw session.failure('the native binding could not be built', output);
    // On macOS the binary names its libraries by their absolute path in this very build: not to be moved.
    const entry =
      process.platform === 'linux'
        ? await store(cache, entryKey(platform, features), join(directory, 'build'), load, 'built')
        : null;
    if (entry !== null && (await place(entry, directory)))
      removeObjects(join(directory, 'deps', 'librdkafka'));
    else writeStamp(directory, { source: 'built', ...loaded });
  });
}

/**
 * System packages a build needs: installed when we may, otherwise the error says what to type.
 * @param {Session} session
 */
async function provideRequirements(session) {
  const manager = packageManager();
  const isRoot = process.getuid?.() === 0;
  const absent = missing(required);
  const zstd = missing(optional).filter((requirement) => requirement.name === 'zstd');
  if (manager === 'apt' && isRoot && absent.length + zstd.length > 0) {
    // zstd is a common codec; without its headers the others still serve.
    await aptInstall(session, packageNames(absent, 'apt'), packageNames(zstd, 'apt'));
  }
  const still = missing(required);
  if (still.length === 0) return;
  throw new SetupError(
    `no prebuilt native binding could be downloaded, and building it needs: ${still.map((one) => one.name).join(', ')}`,
    { hint: `Type this and run the command again:\n  ${installCommand(still, manager, { root: isRoot })}` },
  );
}

/** @param {Session} session @param {string[]} needed @param {string[]} welcome */
async function aptInstall(session, needed, welcome) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // apt finishes the package at hand when interrupted; killed, it would leave dpkg half configured.
  const how = { cwd: '/', env, endWith: /** @type {const} */ ('SIGINT'), graceMillis: 60_000 };
  await session.step(`installing system packages: ${[...needed, ...welcome].join(' ')}`, async () => {
    const wait = ['-o', 'DPkg::Lock::Timeout=120'];
    await session.run('apt-get', [...wait, 'update', '-qq'], { ...how, timeoutMillis: 120_000 });
    const install = [...wait, 'install', '-y', '-qq', '--no-install-recommends'];
    if (needed.length > 0) {
      const { ok, output } = await session.run('apt-get', [...install, ...needed], how);
      if (!ok) throw session.failure('apt-get install did not succeed', output);
    }
    if (welcome.length > 0) await session.run('apt-get', [...install, ...welcome], how);
  });
}

function buildEnvironment() {
  /** @type {NodeJS.ProcessEnv} */
  const env = {
    ...process.env,
    // The package's makefiles do not name all their dependencies: make must not run them in parallel.
    MAKEFLAGS: '',
    JOBS: '1',
    CKJS_LINKING: 'dynamic',
    npm_config_build_from_source: 'true',
  };
  // Headers that came with this Node spare node-gyp a download.
  const prefix = dirname(dirname(process.execPath));
  if (existsSync(join(prefix, 'include', 'node', 'node_version.h'))) env['npm_config_nodedir'] ??= prefix;
  return env;
}

/** The project whose node_modules holds the binding. @param {string} root @param {string} directory */
function installedIn(root, directory) {
  const own = join(root, 'node_modules', ...bindingName.split('/'));
  return directory === own ? root : dirname(dirname(dirname(directory)));
}

/** Object files of a finished build. @param {string} folder */
function removeObjects(folder) {
  for (const name of readdirSync(folder, { recursive: true })) {
    if (/\.(o|a|lo|d)$/.test(String(name))) rmSync(join(folder, String(name)), { force: true });
  }
}

/**
 * Loads the binary in a process of its own: it registers once per process, and a broken one may crash.
 * @param {string} binary
 * @returns {Promise<Omit<BindingDetails, 'source'> | null>} null when it does not load
 */
export function load(binary) {
  if (!existsSync(binary)) return Promise.resolve(null);
  const script = `const binding = require(process.argv[1]);
    const features = String(binding.features()).split(',');
    console.log(JSON.stringify({ features, librdkafka: binding.librdkafkaVersion }));`;
  return new Promise((resolve) => {
    execFile(process.execPath, ['-e', script, binary], { timeout: 20_000 }, (error, stdout) => {
      try {
        resolve(error ? null : JSON.parse(stdout));
      } catch {
        resolve(null);
      }
    });
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
