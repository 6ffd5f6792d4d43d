import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bindingName, dependencyStamp, readStamp, signature } from './ready.mjs';

/**
 * Installs from the lockfile unless node_modules already holds what it names: by our own stamp, or, after a plain
 * `npm install`, by npm's record of what it put there. Install scripts do not run: the binding is ours to build.
 * @param {import('./session.mjs').Session} session @param {string} root
 */
export async function ensureDependencies(session, root) {
  if (!isInstalled(root)) {
    await session.step('installing dependencies (npm ci)', async () => {
      const [npm, args] = npmCommand(['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund']);
      const { ok, output } = await session.run(npm, args, { cwd: root });
      if (!ok) throw session.failure('npm ci did not succeed', output);
    });
  }
  const lockfile = join(root, 'package-lock.json');
  const stamp = { lock: signature(lockfile), sha256: hashOf(lockfile) };
  writeFileSync(dependencyStamp(root), JSON.stringify(stamp));
}

/** @param {string} root */
export function isInstalled(root) {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record) || !existsSync(join(root, 'node_modules', ...bindingName.split('/')))) return false;
  const lockfile = join(root, 'package-lock.json');
  if (readStamp(dependencyStamp(root))?.['sha256'] === hashOf(lockfile)) return true;
  return agrees(JSON.parse(readFileSync(lockfile, 'utf8')), JSON.parse(readFileSync(record, 'utf8')));
}

/** @typedef {{packages?: Record<string, {version?: string, integrity?: string, optional?: boolean}>}} Lockfile */

/**
 * Whether what npm installed is what the lockfile names. Optional packages are those of other platforms.
 * @param {Lockfile} wanted package-lock.json @param {Lockfile} installed node_modules/.package-lock.json
 */
export function agrees(wanted, installed) {
  return Object.entries(wanted.packages ?? {}).every(([path, entry]) => {
    if (path === '') return true;
    const there = installed.packages?.[path];
    if (there === undefined) return entry.optional === true;
    return there.version === entry.version && there.integrity === entry.integrity;
  });
}

/**
 * npm as this process was started with, else the one beside this Node, else the first in PATH.
 * @param {readonly string[]} args
 * @returns {[command: string, args: string[]]}
 */
export function npmCommand(args) {
  const script = process.env['npm_execpath'];
  if (script?.endsWith('npm-cli.js') && existsSync(script)) return [process.execPath, [script, ...args]];
  const beside = join(dirname(process.execPath), 'npm');
  return [existsSync(beside) ? beside : 'npm', [...args]];
}

/** @param {string} file */
const hashOf = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');
