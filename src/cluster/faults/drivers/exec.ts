import { brokerActions } from '../../../base/choices.ts';
import { BenchError } from '../../../base/errors.ts';
import type { Broker, BrokerAction, Cluster } from '../../cluster.ts';
import type { FaultDriver } from '../driver.ts';
import type { Undo, Undone } from '../undo.ts';
import { run } from './command.ts';

type CommandUndo = Undo & { kind: 'command' };

const injecting: readonly BrokerAction[] = ['stop', 'kill', 'pause'];
const limitMillis = 120_000;

/**
 * The user's own commands, by action (`stop: ssh $KAFKA_BENCH_HOST …`), or one `inject` and one `heal` for all.
 * They run in `cwd` under sh, with the broker in KAFKA_BENCH_BROKER, KAFKA_BENCH_BROKER_ID, KAFKA_BENCH_HOST and
 * KAFKA_BENCH_PORT and the action in KAFKA_BENCH_ACTION. Throws BenchError('scenario') for other keys.
 */
export function execDriver(
  cluster: Pick<Cluster, 'brokers'>,
  commands: Readonly<Record<string, string>>,
  cwd: string,
): FaultDriver {
  const known = [...brokerActions, 'inject', 'heal'];
  const unknown = Object.keys(commands).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new BenchError('scenario', `cluster.commands.${unknown} is no action`, {
      hint: `use ${known.join(', ')}`,
    });
  }
  const commandOf = (action: BrokerAction): string | undefined =>
    commands[action] ?? (injecting.includes(action) ? commands['inject'] : commands['heal']);
  const brokers = cluster.brokers.map(({ id }) => ({ id, name: `kafka${id}` }));
  const settings = (action: BrokerAction, name: string): Record<string, string> => {
    const broker = cluster.brokers.find(({ id }) => `kafka${id}` === name);
    if (!broker) throw new BenchError('cluster', `there is no broker ${name}`);
    return settingsOf(action, name, broker);
  };
  const needed = (action: BrokerAction): string => {
    const command = commandOf(action);
    if (command === undefined) throw new BenchError('cluster', `cluster.commands has none for ${action}`);
    return command;
  };
  return {
    name: 'exec',
    brokers,
    actions: new Set(brokerActions.filter((action) => commandOf(action) !== undefined)),
    async act(action, broker) {
      await runCommand(needed(action), cwd, settings(action, broker));
      return undefined;
    },
    undoOf(action, broker) {
      const heals = action === 'pause' ? 'unpause' : 'start';
      return { kind: 'command', command: needed(heals), cwd, env: settings(heals, broker) };
    },
    undo: (undo) => undoCommand(undo as CommandUndo),
  };
}

function settingsOf(action: BrokerAction, name: string, broker: Broker): Record<string, string> {
  return {
    KAFKA_BENCH_ACTION: action,
    KAFKA_BENCH_BROKER: name,
    KAFKA_BENCH_BROKER_ID: String(broker.id),
    KAFKA_BENCH_HOST: broker.host,
    KAFKA_BENCH_PORT: String(broker.port),
  };
}

/** From a journal entry alone. Nothing tells whether it is needed: the user's command must stand repetition. */
export async function undoCommand({ command, cwd, env }: CommandUndo): Promise<Undone> {
  await runCommand(command, cwd, env);
  return { what: `ran ${command}`, needed: true };
}

async function runCommand(
  command: string,
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const options = { cwd, env: { ...process.env, ...env }, timeoutMillis: limitMillis };
  const { ok, reason } = await run('sh', ['-c', command], options);
  const action = env['KAFKA_BENCH_ACTION'] ?? 'a fault';
  if (!ok) throw new BenchError('cluster', `the command for ${action} failed: ${reason}`);
}
