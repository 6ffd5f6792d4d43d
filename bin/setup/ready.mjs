// Is everything in place? Runs before every command, so: stat calls and two small files, no child process.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';

/**
 * A clone compiles its own sources and owns its node_modules; a package installed from a registry brings dist/
 * and leaves its dependencies to whoever installed it.
 * @param {string} root
 */
export function isClone(root) {
  return !root.includes(`${sep}node_modules${sep}`) && existsSync(join(root, 'tsconfig.build.json'));
}

/** @param {string} root */
export function isReady(root) {
  if (!isClone(root)) return bindingReady(root);
  return dependenciesReady(root) && bindingReady(root) && compiledReady(root);
}

/** @param {string} root */
export const dependencyStamp = (root) => join(root, 'node_modules', '.kafka-bench.json');

/**
 * True when node_modules was checked against this very package-lock.json (by time and size; dependencies.mjs
 * looks at the contents when they differ).
 * @param {string} root
 */
export function dependenciesReady(root) {
  const lock = join(root, 'package-lock.json');
  return readStamp(dependencyStamp(root))?.lock === signature(lock);
}

export const bindingName = '@confluentinc/kafka-javascript';

/**
 * The binding's package directory, or null when it is not installed.
 * @param {string} root
 */
export function bindingDirectory(root) {
  const own = join(root, 'node_modules', ...bindingName.split('/'));
  if (existsSync(join(own, 'package.json'))) return own;
  try {
    return dirname(createRequire(join(root, 'package.json')).resolve(`${bindingName}/package.json`));
  } catch {
    return null;
  }
}

/** @param {string} directory the binding's package */
export const binaryPath = (directory) =>
  join(directory, 'build', 'Release', 'confluent-kafka-javascript.node');

/** @param {string} directory the binding's package */
export const bindingStamp = (directory) => join(directory, 'build', '.kafka-bench.json');

/**
 * True when this very binary was seen to load in this Node ABI.
 * @param {string} root
 */
export function bindingReady(root) {
  const directory = bindingDirectory(root);
  if (directory === null) return false;
  const stamp = readStamp(bindingStamp(directory));
  return stamp?.abi === process.versions.modules && stamp.binary === signature(binaryPath(directory));
}

/** @param {string} root */
export const compileStamp = (root) => join(root, 'dist', '.kafka-bench.json');

/** @param {string} root */
export function compiledReady(root) {
  if (!existsSync(join(root, 'dist', 'cli', 'main.js'))) return false;
  return readStamp(compileStamp(root))?.sources === sourcesSignature(root);
}

/**
 * Everything the compiled output depends on: one line `path time size` a file. Tests are not compiled.
 * @param {string} root
 */
export function sourcesSignature(root) {
  const lines = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'].map(
    (file) => `${file} ${signature(join(root, file))}`,
  );
  /** @param {string} folder */
  const walk = (folder) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else if (/\.[cm]?ts$/.test(entry.name) && !/\.(test|case)\.ts$/.test(entry.name)) {
        lines.push(`${path} ${signature(join(root, path))}`);
      }
    }
  };
  walk('src');
  return lines.sort().join('\n');
}

/**
 * A file's modification time (ms) and size; `missing` without it.
 * @param {string} file
 */
export function signature(file) {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? 'missing' : `${stat.mtimeMs} ${stat.size}`;
}

/**
 * A damaged stamp counts as none.
 * @param {string} file
 * @returns {Record<string, unknown> | null}
 */
export function readStamp(file) {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8'));
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}
