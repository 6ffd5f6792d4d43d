#!/usr/bin/env node
// The command. Node built-ins alone: it also runs in a fresh clone, sets up what is missing there, and only
// then loads the program. Imports are dynamic so that an old Node reads one line instead of a stack.
import { refuseOldNode } from './old-node.mjs';

refuseOldNode();

const { watchExit } = await import('./exit-code.mjs');
const end = watchExit();
const { fileURLToPath } = await import('node:url');
const { isReady } = await import('./setup/ready.mjs');
const root = fileURLToPath(new URL('..', import.meta.url));

let code = 0;
if (!isReady(root)) {
  const { setUp } = await import('./setup/setup.mjs');
  code = await setUp(root);
}
if (code === 0) {
  const { main } = await import(new URL('../dist/cli/main.js', import.meta.url).href);
  code = await main(process.argv.slice(2));
}
end(code);
