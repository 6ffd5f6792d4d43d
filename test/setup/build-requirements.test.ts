import { describe, expect, test } from 'vitest';
import {
  availableFeatures,
  installCommand,
  missing,
  packageManager,
  required,
  thisSystem,
} from '../../bin/setup/build-requirements.mjs';
import { missing as missingHere } from '../requirements.ts';

/** A system with these commands and headers. */
const system = (commands: string[], headers: string[] = []) => ({
  hasCommand: (command: string) => commands.includes(command),
  hasHeader: (header: string) => headers.includes(header),
});
const tools = ['gcc', 'g++', 'make', 'python3', 'bash'];
const headers = ['openssl/ssl.h', 'zlib.h'];
const names = (list: readonly { name: string }[]) => list.map((one) => one.name);

describe('what a build needs', () => {
  test('nothing is missing where all is there, whatever the compiler is called', () => {
    expect(missing(required, system(tools, headers))).toEqual([]);
    expect(missing(required, system(['clang', 'clang++', 'make', 'python3', 'bash'], headers))).toEqual([]);
  });

  test('each missing part is named', () => {
    expect(names(missing(required, system(tools, ['zlib.h'])))).toEqual(['OpenSSL headers']);
    expect(names(missing(required, system(['gcc', 'python3', 'bash'], headers)))).toEqual([
      'C++ compiler',
      'make',
    ]);
    expect(missing(required, system([]))).toHaveLength(required.length);
  });

  test('optional headers decide the features', () => {
    expect(availableFeatures(system(tools, headers))).toEqual([]);
    expect(availableFeatures(system(tools, [...headers, 'zstd.h', 'curl/curl.h']))).toEqual(['zstd', 'oidc']);
  });

  test.skipIf(missingHere('c-compiler'))('asks the compiler for headers', () => {
    expect(thisSystem.hasHeader('stdio.h')).toBe(true);
    expect(thisSystem.hasHeader('no/such/header.h')).toBe(false);
    expect(thisSystem.hasCommand('no-such-command')).toBe(false);
  });
});

describe('the command to type', () => {
  const lacking = missing(required, system(['gcc', 'g++', 'python3', 'bash'], ['zlib.h']));

  test.each([
    ['apt-get', 'sudo apt-get update && sudo apt-get install -y make libssl-dev'],
    ['dnf', 'sudo dnf install -y make openssl-devel'],
    ['apk', 'sudo apk add make openssl-dev'],
    ['brew', 'xcode-select --install && brew install openssl@3'],
  ])('with %s', (program, command) => {
    expect(installCommand(lacking, packageManager(system([program])))).toBe(command);
  });

  test('root needs no sudo; without a package manager the parts are named', () => {
    expect(installCommand(lacking, 'dnf', { root: true })).toBe('dnf install -y make openssl-devel');
    expect(installCommand(lacking, packageManager(system([])))).toBe('Install: make, OpenSSL headers.');
  });
});
