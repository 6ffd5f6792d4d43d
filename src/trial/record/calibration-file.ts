import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheDir } from '../../base/cache-dir.ts';
import { inconsistency, type Calibration } from '../../judge/performance/calibration.ts';
import { describeEnvironment, describeTool } from './environment.ts';

/**
 * What was measured on this machine with this version of harness, Node and binding; null where nothing was, or what was
 * cannot be right.
 */
export function readCalibration(env: NodeJS.ProcessEnv): Calibration | null {
  // Whoever never calibrated does not pay for the name of the file, in which git has a part.
  if (!existsSync(directory(env))) return null;
  try {
    const found = JSON.parse(readFileSync(calibrationFile(env), 'utf8')) as Partial<Calibration> | null;
    if (!Array.isArray(found?.ceilings)) return null;
    return inconsistency(found.ceilings) === null ? (found as Calibration) : null;
  } catch {
    return null;
  }
}

export function writeCalibration(env: NodeJS.ProcessEnv, calibration: Calibration): void {
  const file = calibrationFile(env);
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(calibration, null, 1)}\n`);
  renameSync(temporary, file);
}

/** In the cache, under a hash of all that makes it another one. */
function calibrationFile(env: NodeJS.ProcessEnv): string {
  return join(directory(env), `${(key ??= keyOfThisMachine())}.json`);
}

const directory = (env: NodeJS.ProcessEnv): string => join(cacheDir(env), 'calibration');

/** It does not change while we run, and git takes its time. */
let key: string | undefined;

function keyOfThisMachine(): string {
  const { cpu, cores, kernel, node, kafkaJavascript } = describeEnvironment(null);
  const about = JSON.stringify([cpu, cores, kernel, node, kafkaJavascript, describeTool()]);
  return createHash('sha256').update(about).digest('hex').slice(0, 16);
}
