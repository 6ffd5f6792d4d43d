import {
  installCommand,
  missing,
  optional,
  packageManager,
  packageNames,
  required,
} from './build-requirements.mjs';
import { SetupError } from './setup-error.mjs';

/** @typedef {import('./session.mjs').Session} Session */

/**
 * System packages a build needs: installed when we may, otherwise the error says what to type.
 * @param {Session} session
 */
export async function provideRequirements(session) {
  const manager = packageManager();
  const isRoot = process.getuid?.() === 0;
  const absent = missing(required);
  const zstd = missing(optional).filter((requirement) => requirement.name === 'zstd');
  if (manager === 'apt' && isRoot && absent.length + zstd.length > 0) {
    // zstd is a common codec; without its headers the others still serve.
    await aptInstall(session, packageNames(absent, 'apt'), packageNames(zstd, 'apt'));
  }
  const still = missing(required);
  if (still.length === 0) return;
  throw new SetupError(
    `no prebuilt native binding could be downloaded, and building it needs: ${still.map((one) => one.name).join(', ')}`,
    { hint: `Type this and run the command again:\n  ${installCommand(still, manager, { root: isRoot })}` },
  );
}

/** @param {Session} session @param {string[]} needed @param {string[]} welcome */
async function aptInstall(session, needed, welcome) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // apt finishes the package at hand when interrupted; killed, it would leave dpkg half configured.
  const how = { cwd: '/', env, endWith: /** @type {const} */ ('SIGINT'), graceMillis: 60_000 };
  await session.step(`installing system packages: ${[...needed, ...welcome].join(' ')}`, async () => {
    const wait = ['-o', 'DPkg::Lock::Timeout=120'];
    await session.run('apt-get', [...wait, 'update', '-qq'], { ...how, timeoutMillis: 120_000 });
    const install = [...wait, 'install', '-y', '-qq', '--no-install-recommends'];
    if (needed.length > 0) {
      const { ok, output } = await session.run('apt-get', [...install, ...needed], how);
      if (!ok) throw session.failure('apt-get install did not succeed', output);
    }
    if (welcome.length > 0) await session.run('apt-get', [...install, ...welcome], how);
  });
}
