import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const docker = (...args: string[]): string =>
  execFileSync('docker', args, { encoding: 'utf8' }).trim();

const image = 'kafka-bench-test-shell:1';

/** An image of this machine's own shell, so that no test needs a registry. Linux only, as containers are. */
export function shellImage(): string {
  const root = mkdtempSync(join(tmpdir(), 'kafka-bench-image-'));
  try {
    const commands = ['/bin/sh', '/bin/sleep'];
    const libraries =
      execFileSync('ldd', commands, { encoding: 'utf8' }).match(/\/[^\s:]+\.so[^\s:]*/g) ?? [];
    for (const path of [...commands, ...libraries]) {
      mkdirSync(join(root, dirname(path)), { recursive: true });
      cpSync(path, join(root, path), { dereference: true });
    }
    execFileSync('sh', ['-c', `tar -C "$0" -c . | docker import - ${image}`, root], { stdio: 'ignore' });
    return image;
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** A container that ends on SIGTERM as a JVM does, with 143, or never of its own accord. Named by what is returned. */
export function runContainer(name: string, options: readonly string[], obedient = true): string {
  const onTerm = obedient ? 'exit 143' : ':';
  const script = `trap "${onTerm}" TERM; while :; do sleep 0.1; done`;
  const network = options.includes('--network') ? [] : ['--network', 'none'];
  docker('run', '-d', ...network, '--name', name, ...options, shellImage(), '/bin/sh', '-c', script);
  return name;
}
