// Built bindings, kept per user: <cache>/binding/<key>/{build/, about.json}. An entry appears by rename, whole
// or not at all, and only after it was seen to load.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** @typedef {{source: 'prebuilt' | 'built', features: string[], librdkafka: string}} BindingDetails */

/**
 * What a binary depends on; features are appended by `entryKey`.
 * @param {string} version of the binding
 */
export function platformKey(version) {
  return [version, `node${process.versions.modules}`, process.platform, libc(), process.arch].join('-');
}

/**
 * @param {string} platform from `platformKey`
 * @param {'prebuilt' | readonly string[]} features optional ones a build from source takes in
 */
export function entryKey(platform, features) {
  if (features === 'prebuilt') return `${platform}-prebuilt`;
  return `${platform}-${['base', ...[...features].sort()].join('+')}`;
}

/** glibc or musl; elsewhere the platform's name says it. */
function libc() {
  if (process.platform !== 'linux') return 'system';
  const report = /** @type {{header: {glibcVersionRuntime?: string}}} */ (process.report.getReport());
  return report.header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}

/**
 * Entries fit for this platform that have at least the features a new build would have: prebuilt ones first
 * (they have all), then those with most features.
 * @param {string} cache @param {string} platform @param {readonly string[]} features
 * @returns {string[]} directories
 */
export function findEntries(cache, platform, features) {
  const folder = join(cache, 'binding');
  if (!existsSync(folder)) return [];
  const prebuilt = entryKey(platform, 'prebuilt');
  const has = (/** @type {string} */ key) => key.slice(platform.length + 1).split('+');
  const built = readdirSync(folder)
    .filter(
      (key) => key.startsWith(`${platform}-base`) && features.every((feature) => has(key).includes(feature)),
    )
    .sort((a, b) => has(b).length - has(a).length);
  return [prebuilt, ...built]
    .map((key) => join(folder, key))
    .filter((entry) => existsSync(join(entry, 'about.json')));
}

/**
 * Copies what the loader needs from a build directory (not the 60 MB of static archives and objects).
 * @param {string} from @param {string} to
 */
export function copyLoadable(from, to) {
  for (const folder of ['Release', 'deps']) {
    if (!existsSync(join(from, folder))) continue;
    for (const file of readdirSync(join(from, folder))) {
      if (!/\.(node|dylib|dll|so(\.\d+)*)$/.test(file)) continue;
      // The libraries are named with their major version inside the binary: links without it are for linkers.
      if (/\.so$/.test(file) && file.startsWith('librdkafka')) continue;
      mkdirSync(join(to, folder), { recursive: true });
      cpSync(join(from, folder, file), join(to, folder, file), { dereference: true });
    }
  }
}

/**
 * @param {string} cache @param {string} key @param {string} build the binding's build directory
 * @param {(binary: string) => Promise<Omit<BindingDetails, 'source'> | null>} load
 * @param {BindingDetails['source']} source
 * @returns {Promise<string | null>} the entry, or null when the copy does not load from where it lies
 */
export async function store(cache, key, build, load, source) {
  const folder = join(cache, 'binding');
  const final = join(folder, key);
  const temporary = join(folder, `.tmp-${key}-${process.pid}-${Date.now()}`);
  mkdirSync(folder, { recursive: true });
  removeAbandoned(folder);
  try {
    copyLoadable(build, join(temporary, 'build'));
    const loaded = await load(join(temporary, 'build', 'Release', 'confluent-kafka-javascript.node'));
    if (loaded === null) return null;
    writeFileSync(join(temporary, 'about.json'), JSON.stringify({ source, ...loaded }));
    replace(temporary, final);
    return final;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/**
 * Makes `target` the directory prepared as `temporary`. Between two processes either one's result is right.
 * @param {string} temporary @param {string} target
 */
export function replace(temporary, target) {
  const old = `${temporary}.old`;
  mkdirSync(dirname(target), { recursive: true });
  try {
    if (existsSync(target)) renameSync(target, old);
    renameSync(temporary, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
  } finally {
    rmSync(old, { recursive: true, force: true });
  }
}

/** @param {string} entry @returns {BindingDetails} */
export function aboutEntry(entry) {
  return JSON.parse(readFileSync(join(entry, 'about.json'), 'utf8'));
}

const dayMillis = 24 * 3600 * 1000;

/** Left by processes that were killed while storing. @param {string} folder */
function removeAbandoned(folder) {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith('.tmp-')) continue;
    const stat = statSync(join(folder, name), { throwIfNoEntry: false });
    if (stat && Date.now() - stat.mtimeMs > dayMillis)
      rmSync(join(folder, name), { recursive: true, force: true });
  }
}
