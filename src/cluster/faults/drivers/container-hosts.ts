import { docker } from './command.ts';

/** Marks the lines that are ours. */
const mark = '# kafka-bench';

/** `address` for each of `names`. */
export interface HostLine {
  readonly address: string;
  readonly names: readonly string[];
}

/**
 * Adds lines to a container's /etc/hosts. An engine's name server asks others, outside of the machine, for a name that
 * none of the container's networks has: with a line nobody is asked. A container without a shell stays as it is.
 */
export async function addHosts(
  container: string,
  lines: readonly HostLine[],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const text = lines.map(({ address, names }) => `${address} ${names.join(' ')} ${mark}`).join('\n');
  if (text !== '') await shell(container, `echo "${text}" >> /etc/hosts`, env);
}

/** Takes those lines out again. */
export function removeHosts(container: string, env: NodeJS.ProcessEnv): Promise<void> {
  return keepLines(container, `case "$line" in (*"${mark}") ;; (*) echo "$line";; esac`, env);
}

/**
 * Older engines (20.10) may leave the container's address in a network that it left in its own /etc/hosts: the broker
 * would reach for itself where nobody is, or somebody else.
 */
export function forgetAddress(container: string, address: string, env: NodeJS.ProcessEnv): Promise<void> {
  return keepLines(container, `[ "\${line%%[[:space:]]*}" = "${address}" ] || echo "$line"`, env);
}

/** A mounted file: written in place. */
function keepLines(container: string, echo: string, env: NodeJS.ProcessEnv): Promise<void> {
  return shell(
    container,
    `hosts=$(while read -r line; do ${echo}; done < /etc/hosts); echo "$hosts" > /etc/hosts`,
    env,
  );
}

async function shell(container: string, script: string, env: NodeJS.ProcessEnv): Promise<void> {
  await docker(['exec', '--user', '0', container, 'sh', '-c', script], { env });
}
