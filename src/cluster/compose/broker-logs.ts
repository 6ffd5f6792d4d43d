import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir } from '../../base/cache-dir.ts';
import { command } from './docker.ts';

const lines = '300';

/** Writes down what containers said, which are about to be removed. Resolves with a hint where to find it. */
export async function keepLogs(
  names: readonly string[],
  env: NodeJS.ProcessEnv,
  other = 'docker kept no logs of the brokers',
): Promise<string> {
  const logs = await Promise.all(
    names.map(async (name) => {
      const { ok, stdout, stderr } = await command('docker', ['logs', '--tail', lines, name], { env });
      return ok && stdout + stderr !== '' ? `== ${name}\n${stdout}${stderr}` : '';
    }),
  );
  const text = logs.filter((log) => log !== '').join('\n');
  if (text === '') return other;
  try {
    const directory = join(cacheDir(env), 'logs');
    await mkdir(directory, { recursive: true });
    const file = join(directory, `compose-${new Date().toISOString().replace(/[:.]/g, '-')}.log`);
    await writeFile(file, text);
    return `what the brokers said is in ${file}`;
  } catch {
    return other;
  }
}
