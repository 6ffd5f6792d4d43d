import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { join } from 'node:path';

const run = promisify(execFile);

/** Runs one of Kafka's own tools from the jars below KAFKA_HOME: a witness that is not this harness. */
export async function kafkaTool(env: NodeJS.ProcessEnv, tool: string, ...args: string[]): Promise<string> {
  const { stdout } = await run('java', javaArguments(env, tool, args), { env, timeout: 60_000 });
  return stdout;
}

/** The same in the background, until it is told to end. */
export function kafkaToolProcess(
  env: NodeJS.ProcessEnv,
  tool: string,
  ...args: string[]
): { end: () => Promise<void> } {
  const child = spawn('java', javaArguments(env, tool, args), { env, stdio: 'ignore' });
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    end: () => {
      child.kill('SIGKILL');
      return gone;
    },
  };
}

function javaArguments(env: NodeJS.ProcessEnv, tool: string, args: readonly string[]): string[] {
  return [
    ...['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
    ...['-cp', join(env['KAFKA_HOME']!, 'libs', '*')],
    tool,
    ...args,
  ];
}

/** Sum of a topic's end offsets, by GetOffsetShell (`topic:partition:offset` a line). */
export async function endOffsets(env: NodeJS.ProcessEnv, bootstrap: string, topic: string): Promise<number> {
  const text = await kafkaTool(
    env,
    'org.apache.kafka.tools.GetOffsetShell',
    ...['--bootstrap-server', bootstrap, '--topic', topic],
  );
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${topic}:`))
    .reduce((sum, line) => sum + Number(line.split(':')[2]), 0);
}

/** Committed offsets and lag of a group, by ConsumerGroupCommand, summed over partitions. */
export async function groupOffsets(
  env: NodeJS.ProcessEnv,
  bootstrap: string,
  group: string,
): Promise<{ current: number; end: number }> {
  const text = await kafkaTool(
    env,
    'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
    ...['--bootstrap-server', bootstrap, '--describe', '--group', group],
  );
  const rows = text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([name]) => name === group);
  const column = (index: number): number => rows.reduce((sum, row) => sum + (Number(row[index]) || 0), 0);
  return { current: column(3), end: column(4) };
}

/** Appends that many records of 10 bytes, in small batches, for the partitioner to come round to every partition. */
export async function produceRecords(
  env: NodeJS.ProcessEnv,
  bootstrap: string,
  topic: string,
  records: number,
): Promise<void> {
  await kafkaTool(
    env,
    'org.apache.kafka.tools.ProducerPerformance',
    ...['--topic', topic, '--num-records', String(records), '--record-size', '10', '--throughput', '-1'],
    ...['--producer-props', `bootstrap.servers=${bootstrap}`, 'batch.size=200', 'linger.ms=0'],
  );
}

/** What ConsumerGroupCommand prints for a group. */
export function groupCommand(
  env: NodeJS.ProcessEnv,
  bootstrap: string,
  group: string,
  ...args: string[]
): Promise<string> {
  return kafkaTool(
    env,
    'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
    ...['--bootstrap-server', bootstrap, '--group', group, ...args],
  );
}

/** A console consumer from the beginning, until it is told to end; at once, so that it does not leave its group. */
export function consoleConsumer(
  env: NodeJS.ProcessEnv,
  bootstrap: string,
  { topic, group, properties }: { topic: string; group: string; properties: readonly string[] },
): { end: () => Promise<void> } {
  return kafkaToolProcess(
    env,
    'org.apache.kafka.tools.consumer.ConsoleConsumer',
    ...['--bootstrap-server', bootstrap, '--topic', topic, '--group', group, '--from-beginning'],
    ...properties.flatMap((property) => ['--consumer-property', property]),
  );
}

/** Cells of a printed table, line by line; lines without text are left out. */
export function cellsOf(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.trim().split(/\s+/));
}

/** A record as Kafka's console consumer prints it. Headers by name, without the harness's own binary one. */
export interface PrintedRecord {
  readonly timestamp: string;
  readonly partition: number;
  readonly offset: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly key: string;
  readonly value: string;
}

/** What is in a topic, `records` of them, read by Kafka's console consumer. */
export async function printedRecords(
  env: NodeJS.ProcessEnv,
  bootstrap: string,
  topic: string,
  records: number,
): Promise<PrintedRecord[]> {
  const printed = ['timestamp', 'partition', 'offset', 'headers', 'key', 'value'];
  // Binary headers may hold line breaks.
  const separators = ['key.separator=<field>', 'line.separator=<record>', 'headers.separator=<header>'];
  const formatting = [...printed.map((each) => `print.${each}=true`), ...separators];
  const text = await kafkaTool(
    env,
    'org.apache.kafka.tools.consumer.ConsoleConsumer',
    ...['--bootstrap-server', bootstrap, '--topic', topic, '--from-beginning'],
    ...['--max-messages', String(records), '--timeout-ms', '20000'],
    ...formatting.flatMap((property) => ['--formatter-property', property]),
  );
  return text
    .split('<record>')
    .filter((line) => line.includes('<field>'))
    .map((line) => {
      const [timestamp = '', partition = '', offset = '', headers = '', key = '', value = ''] =
        line.split('<field>');
      const named = headers.split('<header>').map((header) => {
        const at = header.indexOf(':');
        return [header.slice(0, at), header.slice(at + 1)] as const;
      });
      return {
        ...{ timestamp, key, value },
        partition: Number(partition.replace('Partition:', '')),
        offset: Number(offset.replace('Offset:', '')),
        headers: Object.fromEntries(named.filter(([name]) => name !== 'kafka-bench')),
      };
    });
}
