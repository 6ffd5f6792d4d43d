// Builds the binding where it is installed, against the system's libraries.
import { existsSync, readFileSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { boundedMake, compilersAtOnce } from './bounded-make.mjs';
import { npmCommand } from './dependencies.mjs';
import { load } from './load-binding.mjs';
import { binaryPath } from './ready.mjs';

/**
 * Needs what system-packages.mjs provides; a minute or two.
 * @param {import('./session.mjs').Session} session @param {string} directory the binding's package
 * @param {number} [jobs] compilers that run at once, at most
 */
export async function buildBinding(session, directory, jobs = compilersAtOnce()) {
  removeObjects(directory); // of an interrupted build
  const make = boundedMake(jobs, process.env['PATH'] ?? '');
  /** @type {Awaited<ReturnType<typeof session.run>>} */
  let built;
  try {
    // Not through npm: what it lets install scripts do depends on its version and on everybody's settings.
    built = await session.run(process.execPath, [preGyp(directory), 'install', '--build-from-source'], {
      cwd: directory,
      env: buildEnvironment(make.directory),
    });
  } finally {
    make.remove();
  }
  const { ok, output } = built;
  const loaded = ok ? await load(binaryPath(directory)) : null;
  if (loaded === null) {
    const what = ok ? 'was built, and this Node does not load it' : 'could not be built';
    throw session.failure(`the native binding ${what}`, output);
  }
  return loaded;
}

/** The program that downloads or builds the binding; it came with it. @param {string} directory */
export const preGyp = (directory) =>
  createRequire(join(directory, 'package.json')).resolve('@mapbox/node-pre-gyp/bin/node-pre-gyp');

/** Object files below the sources of librdkafka, 50 MB. @param {string} directory the binding's package */
export function removeObjects(directory) {
  const sources = join(directory, 'deps', 'librdkafka');
  for (const name of readdirSync(sources, { recursive: true, encoding: 'utf8' })) {
    if (/\.(o|a|lo|d)$/.test(name)) rmSync(join(sources, name), { force: true });
  }
}

/** @param {string} first the directory that PATH begins with */
function buildEnvironment(first) {
  /** @type {NodeJS.ProcessEnv} */
  const env = {
    ...process.env,
    CKJS_LINKING: 'dynamic',
    // The package's makefiles do not name all their dependencies: make must not run them in parallel. That of
    // librdkafka below it may, and does.
    MAKEFLAGS: '',
    JOBS: '1',
    // Its build files call `node`: this one.
    PATH: [first, dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter),
  };
  const nodeGyp = bundledNodeGyp();
  if (nodeGyp !== null) env['npm_config_node_gyp'] ??= nodeGyp;
  // Headers that are here spare node-gyp a download. Those that npm is set to may be another Node's: what is built
  // with them does not load.
  const prefix = dirname(dirname(process.execPath));
  const headers = [env['npm_config_nodedir'], prefix].find((place) => place && hasHeaders(place));
  if (headers === undefined) delete env['npm_config_nodedir'];
  else env['npm_config_nodedir'] = headers;
  return env;
}

/**
 * Whether a directory has the headers of this Node's ABI, or sources, which tell theirs at other places.
 * @param {string} directory
 */
export function hasHeaders(directory) {
  const file = join(directory, 'include', 'node', 'node_version.h');
  if (!existsSync(file)) return existsSync(join(directory, 'src', 'node_version.h'));
  const abi = /^#define NODE_MODULE_VERSION (\d+)/m.exec(readFileSync(file, 'utf8'))?.[1];
  return abi === process.versions.modules;
}

/** npm brings node-gyp along; null where this npm does not, and one in PATH has to serve. */
function bundledNodeGyp() {
  const [command, [script]] = npmCommand([]);
  try {
    return createRequire(script ?? realpathSync(command)).resolve('node-gyp/bin/node-gyp.js');
  } catch {
    return null;
  }
}
