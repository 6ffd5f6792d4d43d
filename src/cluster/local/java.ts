import { execFile } from 'node:child_process';
import { join } from 'node:path';

/** Kafka 4 brokers need it. */
export const minimumJava = 17;

export interface Java {
  readonly command: string;
  /** Feature release: 17, 21 … */
  readonly release: number;
}

/** The Java of JAVA_HOME, else of PATH; a clause saying what is missing when there is none of 17 or later. */
export async function findJava(env: NodeJS.ProcessEnv): Promise<Java | { missing: string }> {
  const command = env['JAVA_HOME'] ? join(env['JAVA_HOME'], 'bin', 'java') : 'java';
  const banner = await versionBanner(command, env);
  if (banner === undefined) {
    return {
      missing: env['JAVA_HOME'] ? `no Java in JAVA_HOME (${env['JAVA_HOME']})` : 'no Java on the PATH',
    };
  }
  // "17.0.15", "21", and "1.8.0_392" before Java 9.
  const match = /version "(\d+)(?:\.(\d+))?/.exec(banner);
  const release = match ? Number(match[1] === '1' ? match[2] : match[1]) : 0;
  return release >= minimumJava
    ? { command, release }
    : { missing: `Java ${release} is older than ${minimumJava}` };
}

function versionBanner(command: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(command, ['-version'], { env, timeout: 10_000 }, (error, stdout, stderr) => {
      resolve(error ? undefined : stdout + stderr);
    });
  });
}
