// What a build of the binding from source needs from the system, and how each package manager calls it.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * @typedef {object} Requirement
 * @property {string} name
 * @property {readonly string[]} [commands] any one of these in PATH
 * @property {string} [header] found by the C compiler
 * @property {Record<PackageManager, string>} packages
 * @typedef {'apt' | 'dnf' | 'apk' | 'brew'} PackageManager
 */

// Homebrew has no compiler packages: they are Apple's command line tools.
/** @type {readonly Requirement[]} */
export const required = [
  {
    name: 'C compiler',
    commands: ['cc', 'gcc', 'clang'],
    packages: { apt: 'gcc', dnf: 'gcc', apk: 'gcc musl-dev', brew: '' },
  },
  {
    name: 'C++ compiler',
    commands: ['c++', 'g++', 'clang++'],
    packages: { apt: 'g++', dnf: 'gcc-c++', apk: 'g++', brew: '' },
  },
  { name: 'make', commands: ['make'], packages: { apt: 'make', dnf: 'make', apk: 'make', brew: '' } },
  {
    name: 'Python 3',
    commands: ['python3'],
    packages: { apt: 'python3', dnf: 'python3', apk: 'python3', brew: 'python3' },
  },
  { name: 'bash', commands: ['bash'], packages: { apt: 'bash', dnf: 'bash', apk: 'bash', brew: '' } },
  {
    name: 'OpenSSL headers',
    header: 'openssl/ssl.h',
    packages: { apt: 'libssl-dev', dnf: 'openssl-devel', apk: 'openssl-dev', brew: 'openssl@3' },
  },
  {
    name: 'zlib headers',
    header: 'zlib.h',
    packages: { apt: 'zlib1g-dev', dnf: 'zlib-devel', apk: 'zlib-dev', brew: 'zlib' },
  },
];

/** Each adds the feature it is named for; the build goes well without. @type {readonly Requirement[]} */
export const optional = [
  {
    name: 'zstd',
    header: 'zstd.h',
    packages: { apt: 'libzstd-dev', dnf: 'libzstd-devel', apk: 'zstd-dev', brew: 'zstd' },
  },
  {
    name: 'gssapi',
    header: 'sasl/sasl.h',
    packages: { apt: 'libsasl2-dev', dnf: 'cyrus-sasl-devel', apk: 'cyrus-sasl-dev', brew: 'cyrus-sasl' },
  },
  {
    name: 'oidc',
    header: 'curl/curl.h',
    packages: { apt: 'libcurl4-openssl-dev', dnf: 'libcurl-devel', apk: 'curl-dev', brew: 'curl' },
  },
];

/**
 * @typedef {object} Probe how to look at the system; tests look at another one
 * @property {(command: string) => boolean} hasCommand
 * @property {(header: string) => boolean} hasHeader
 */

/** @type {Probe} */
export const thisSystem = { hasCommand, hasHeader };

/**
 * The requirements of a list that are not met.
 * @param {readonly Requirement[]} list @param {Probe} [probe]
 */
export function missing(list, probe = thisSystem) {
  return list.filter((requirement) => {
    if (requirement.header !== undefined) return !probe.hasHeader(requirement.header);
    return !requirement.commands?.some((command) => probe.hasCommand(command));
  });
}

/** Features a build on this system would have beyond the base. @param {Probe} [probe] */
export function availableFeatures(probe = thisSystem) {
  const absent = missing(optional, probe);
  return optional
    .filter((requirement) => !absent.includes(requirement))
    .map((requirement) => requirement.name);
}

/** @param {Probe} [probe] @returns {PackageManager | null} */
export function packageManager(probe = thisSystem) {
  if (probe.hasCommand('apt-get')) return 'apt';
  if (probe.hasCommand('dnf')) return 'dnf';
  if (probe.hasCommand('apk')) return 'apk';
  return probe.hasCommand('brew') ? 'brew' : null;
}

/**
 * The command a person types to get what is missing.
 * @param {readonly Requirement[]} requirements @param {PackageManager | null} manager
 * @param {{root?: boolean}} [options]
 */
export function installCommand(requirements, manager, options = {}) {
  if (manager === null) return `Install: ${requirements.map((requirement) => requirement.name).join(', ')}.`;
  const packages = packageNames(requirements, manager);
  const sudo = options.root === true ? '' : 'sudo ';
  if (manager === 'apt') return `${sudo}apt-get update && ${sudo}apt-get install -y ${packages.join(' ')}`;
  if (manager === 'dnf') return `${sudo}dnf install -y ${packages.join(' ')}`;
  if (manager === 'apk') return `${sudo}apk add ${packages.join(' ')}`;
  const tools = requirements.some((requirement) => requirement.packages.brew === '')
    ? ['xcode-select --install']
    : [];
  return [...tools, ...(packages.length > 0 ? [`brew install ${packages.join(' ')}`] : [])].join(' && ');
}

/** @param {readonly Requirement[]} requirements @param {PackageManager} manager */
export function packageNames(requirements, manager) {
  return requirements
    .flatMap((requirement) => requirement.packages[manager].split(' '))
    .filter((name) => name !== '');
}

/** @param {string} command */
function hasCommand(command) {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}

/** Asks the compiler itself: only it knows its search path. @param {string} header */
function hasHeader(header) {
  const compiler = ['cc', 'gcc', 'clang'].find(hasCommand);
  if (compiler === undefined) return false;
  return (
    spawnSync(compiler, ['-E', '-x', 'c', '-'], {
      input: `#include <${header}>\n`,
      stdio: ['pipe', 'ignore', 'ignore'],
    }).status === 0
  );
}
