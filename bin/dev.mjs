#!/usr/bin/env node
// `node bin/dev.mjs <tool> [arguments]`: what npm's scripts call; dev-tools.mjs has the tools. Its import is dynamic so
// that an old Node reads one line instead of a stack.
import { refuseOldNode } from './old-node.mjs';

refuseOldNode();
await import('./dev-tools.mjs');
