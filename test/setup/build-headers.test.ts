import { expect, test } from 'vitest';
import { hasHeaders } from '../../bin/setup/build-binding.mjs';
import { temporaryDirectory, writeBelow } from './temporary-directory.ts';

const header = (abi: number | string): string =>
  `#if defined(NODE_EMBEDDER_MODULE_VERSION)\n#define NODE_MODULE_VERSION NODE_EMBEDDER_MODULE_VERSION\n#else\n#define NODE_MODULE_VERSION ${abi}\n#endif\n`;

test.each([
  ['of this Node', process.versions.modules, true],
  [
    'of another Node, as where npm’s nodedir is that of the system',
    Number(process.versions.modules) + 1,
    false,
  ],
])('headers %s', (_, abi, usable) => {
  const directory = temporaryDirectory();
  writeBelow(directory, 'include/node/node_version.h', header(abi));
  expect(hasHeaders(directory)).toBe(usable);
});

test('no headers', () => expect(hasHeaders(temporaryDirectory())).toBe(false));
