import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDir } from '../../base/cache-dir.ts';
import { BenchError } from '../../base/errors.ts';
import { packageRoot } from '../../base/package-root.ts';

/** native/, the plugin first. */
const sources = ['tap.c', 'layout.h', 'envelope.h'] as const;
const flags = ['-std=c11', '-O2', '-fPIC', '-shared', '-fvisibility=hidden', '-pthread'] as const;
/** Where a thread may still be in the plugin when librdkafka lets go of it, it stays. */
const linkFlags = process.platform === 'linux' ? ['-Wl,-z,nodelete', '-ldl'] : [];

/**
 * The tap as a shared library: what is in the cache, else compiled with the system's C compiler (`CC`, `cc`).
 *
 * @returns its path
 * @throws BenchError `setup` where it cannot be compiled here
 */
export async function compileTap(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  if (process.platform === 'win32') throw new BenchError('setup', 'the tap does not exist for Windows');
  const native = join(packageRoot(), 'native');
  const directory = join(cacheDir(env), 'tap');
  const library = join(directory, `${fingerprint(native)}.so`);
  if (existsSync(library)) return library;
  mkdirSync(directory, { recursive: true });
  // Whoever comes at the same time compiles too: a name of its own until it is whole.
  const draft = join(directory, `${process.pid}-${Date.now().toString(36)}.tmp`);
  try {
    await compile(env['CC'] ?? 'cc', [...flags, '-o', draft, join(native, sources[0]), ...linkFlags], env);
    renameSync(draft, library);
  } finally {
    rmSync(draft, { force: true });
  }
  return library;
}

async function compile(compiler: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  try {
    await promisify(execFile)(compiler, args, { env, timeout: 60_000 });
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    const what =
      code === 'ENOENT'
        ? `there is no C compiler: ${compiler} is not found`
        : `${compiler} cannot compile the tap: ${stderr?.trim().split('\n')[0] ?? String(code)}`;
    throw new BenchError('setup', what, {
      hint: 'install one (Debian: apt-get install gcc libc6-dev), name it in CC, or use --ack-source delivery-reports',
      cause: error,
    });
  }
}

function fingerprint(native: string): string {
  const hash = createHash('sha256');
  for (const source of sources) hash.update(readFileSync(join(native, source)));
  hash.update([...flags, ...linkFlags, process.platform, process.arch, libc()].join('\0'));
  return hash.digest('hex').slice(0, 16);
}

/** A cache may be shared by a host and a container: the loader that Node itself asks for tells them apart. */
function libc(): string {
  if (process.platform !== 'linux') return '';
  const head = Buffer.alloc(4096);
  const file = openSync(process.execPath, 'r');
  try {
    readSync(file, head, 0, head.length, 0);
  } finally {
    closeSync(file);
  }
  return head.includes('ld-musl') ? 'musl' : 'glibc';
}
