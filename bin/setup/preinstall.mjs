// npm runs this before the install scripts of the package and of all its dependencies. The binding's own script
// downloads from GitHub, or builds with whatever is there, and fails the whole installation where neither works. It
// leaves alone a binding that loads: so ours goes first, from the cache, a download or a build that provides for
// itself. A clone sets itself up at its first command.
import { fileURLToPath } from 'node:url';
import { isClone } from './ready.mjs';
import { setUp } from './setup.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
if (!isClone(root)) process.exitCode = await setUp(root);
