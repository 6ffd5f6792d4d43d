import { execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { BenchError } from '../../base/errors.ts';
import { logsByLog4j1 } from '../../base/kafka-version.ts';
import { loggingProperties, nodePaths, serverProperties } from './node-files.ts';
import { identityOf } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';
import type { ClusterState, NodeState } from './state.ts';

/** Fits a laptop with three of them; Kafka's own default is 1 GiB each. */
const heap = ['-Xms256m', '-Xmx512m', '-XX:+UseSerialGC'];

/** Writes the node's files and formats its log directory. `clusterId` is Kafka's, the same for every node. */
export async function formatNode(state: ClusterState, node: NodeState, clusterId: string): Promise<void> {
  const paths = nodePaths(state, node);
  await mkdir(paths.data, { recursive: true });
  await writeFile(paths.properties, serverProperties(state, node));
  await writeFile(paths.logging, loggingProperties(state.version, paths.log));
  const jvm = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dlog4j2.level=WARN'];
  const tool = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', paths.properties];
  await new Promise<void>((resolve, reject) => {
    execFile(
      state.java,
      [...jvm, ...classPath(state), ...tool],
      { timeout: 60_000 },
      (error, stdout, stderr) => {
        if (!error) {
          resolve();
          return;
        }
        // The exception's own line, not the stack below it.
        const said = (stdout + stderr)
          .split('\n')
          .find((line) => /Exception|Error|rror:/.test(line) && !/^\s+at /.test(line));
        reject(
          new BenchError(
            'cluster',
            `cannot format the storage of ${node.name}: ${said?.trim() ?? error.message}`,
            {
              hint: 'check cluster.config: the broker refuses unknown or impossible values',
            },
          ),
        );
      },
    );
  });
}

/**
 * Starts the node's JVM in a session of its own, so that Ctrl-C in the terminal does not reach it, with its output
 * in a file. Returns its identity at once; undefined when it could not be started.
 */
export function startNode(state: ClusterState, node: NodeState): ProcessIdentity | undefined {
  const paths = nodePaths(state, node);
  const output = openSync(paths.console, 'a');
  try {
    const logging = logsByLog4j1(state.version)
      ? `-Dlog4j.configuration=file:${paths.logging}`
      : `-Dlog4j2.configurationFile=${paths.logging}`;
    const jvm = [...heap, logging, `-Dkafka.logs.dir=${paths.home}`];
    const child = spawn(state.java, [...jvm, ...classPath(state), 'kafka.Kafka', paths.properties], {
      cwd: paths.home,
      detached: true,
      stdio: ['ignore', output, output],
    });
    child.once('error', () => undefined);
    child.unref();
    return child.pid === undefined ? undefined : identityOf(child.pid);
  } finally {
    closeSync(output);
  }
}

/** The end of what the node said, for an error message; lines of its log first, else of its console. */
export function logTail(state: ClusterState, node: NodeState, lines = 12): string {
  const paths = nodePaths(state, node);
  const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []);
  const log = read(paths.log);
  const severe = log.filter((line) => /\] (ERROR|FATAL) |Exception|^\s*Caused by/.test(line));
  const chosen = severe.length > 0 ? severe : log.length > 1 ? log : read(paths.console);
  return chosen.slice(-lines).join('\n');
}

/** Whether the node ended because a port of its was taken in between. */
export function failedToBind(state: ClusterState, node: NodeState): boolean {
  return /BindException|Address already in use/.test(logTail(state, node, 50));
}

function classPath(state: ClusterState): string[] {
  return ['-cp', `${state.libs}/*`];
}
