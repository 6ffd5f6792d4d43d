import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compilersAtOnce } from '../../bin/setup/bounded-make.mjs';
import { buildBinding } from '../../bin/setup/build-binding.mjs';
import { openSession } from '../../bin/setup/session.mjs';
import { missing } from '../requirements.ts';
import { temporaryDirectory, writeBelow } from './temporary-directory.ts';

const GiB = 2 ** 30;

describe('compilers at once', () => {
  test.each([
    ['as many as there are cores', { cores: 8, memory: 64 * GiB }, 8],
    ['fewer where memory is short', { cores: 64, memory: 4 * GiB }, 8],
    ['one where there is next to none', { cores: 4, memory: 100 * 2 ** 20 }, 1],
  ])('%s', (_, machine, jobs) => {
    expect(compilersAtOnce(machine)).toBe(jobs);
  });

  test('this machine has room for one', () => {
    expect(compilersAtOnce()).toBeGreaterThanOrEqual(1);
  });
});

/** In place of node-pre-gyp: calls make as node-gyp does. */
const builder = `
  const { spawnSync } = require('node:child_process');
  const { status } = spawnSync('make', ['BUILDTYPE=Release', '-C', 'build', '--jobs', '1'], { stdio: 'inherit' });
  process.exit(status);`;

/** What gyp makes of deps/librdkafka.gyp. */
const outer = `all:\n\tcd ../deps && make -j -C librdkafka libs install-subdirs\n`;

/** A library below it in a directory of its own, as librdkafka has; each file's "compiler" tells when it runs. */
const librdkafka = `libs:\n\t$(MAKE) -C src\ninstall-subdirs: libs\n`;
const sources = `all: $(addprefix file,0 1 2 3 4 5 6 7 8 9)
file%:
\t@echo begin $@ >> ../../../calls; sleep 0.1; echo end $@ >> ../../../calls
`;

test.skipIf(missing('make'))('a build runs no more compilers at once than it may', async () => {
  const directory = temporaryDirectory();
  writeBelow(directory, 'package.json', '{}');
  writeBelow(directory, 'node_modules/@mapbox/node-pre-gyp/bin/node-pre-gyp', builder);
  writeBelow(directory, 'build/Makefile', outer);
  writeBelow(directory, 'deps/librdkafka/Makefile', librdkafka);
  writeBelow(directory, 'deps/librdkafka/src/Makefile', sources);
  const session = openSession(temporaryDirectory(), { write: () => undefined });
  try {
    // There is nothing to load in the end.
    await expect(buildBinding(session, directory, 2)).rejects.toThrow('this Node does not load it');
  } finally {
    session.close();
  }
  let running = 0;
  let most = 0;
  const calls = readFileSync(join(directory, 'calls'), 'utf8').trim().split('\n');
  for (const call of calls) most = Math.max(most, (running += call.startsWith('begin') ? 1 : -1));
  expect(calls).toHaveLength(20);
  expect(most).toBe(2);
});
