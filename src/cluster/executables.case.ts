import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * An environment whose PATH holds only these commands, each a shell script: what a machine without Java, with a
 * Docker that does not answer, or with a Maven that fails looks like. `sh` itself is there.
 */
export function environmentWith(scripts: Readonly<Record<string, string>>): {
  env: NodeJS.ProcessEnv;
  remove: () => void;
} {
  const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-path-'));
  symlinkSync('/bin/sh', join(directory, 'sh'));
  for (const [name, body] of Object.entries(scripts)) {
    writeFileSync(join(directory, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(directory, name), 0o755);
  }
  return {
    env: { PATH: directory, HOME: directory, KAFKA_BENCH_CACHE: join(directory, 'cache') },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
