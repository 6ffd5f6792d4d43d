import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';

/** @typedef {import('./binding-cache.mjs').BindingDetails} BindingDetails */

/** Loading takes a fraction of a second; on a machine that is starved of processors it must not pass for broken. */
const timeout = 120_000;

/**
 * Loads the binary in a process of its own: it registers once per process, and a broken one may crash.
 * @param {string} binary
 * @returns {Promise<Omit<BindingDetails, 'source'> | null>} null when it does not load
 */
export function load(binary) {
  if (!existsSync(binary)) return Promise.resolve(null);
  const script = `const binding = require(process.argv[1]);
    const features = String(binding.features()).split(',');
    console.log(JSON.stringify({ features, librdkafka: binding.librdkafkaVersion }));`;
  return new Promise((resolve) => {
    execFile(process.execPath, ['-e', script, binary], { timeout }, (error, stdout) => {
      try {
        resolve(error ? null : JSON.parse(stdout));
      } catch {
        resolve(null);
      }
    });
  });
}
