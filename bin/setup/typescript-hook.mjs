// Runs bench/*.ts on a Node that cannot strip types: `node --import ./bin/setup/typescript-hook.mjs bench/x.ts`.
// An import of ../src/… is answered from dist/, so that what is measured is what users run.
import { register } from 'node:module';

register('./typescript-loader.mjs', import.meta.url);
