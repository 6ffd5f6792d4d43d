import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openCluster } from '../src/cluster/open.ts';
import type { Comparison } from '../src/judge/compare/schema.ts';
import { renderTable } from '../src/report/table.ts';
import { startMockHost } from '../src/trial/workers/mock-host.ts';
import { describeMachine, loadAverage } from './machine.ts';

/**
 * Real comparisons whose truth is known, made as a user makes them, in turn, on one local cluster: a scenario with
 * itself must raise no alarm, and acks=all instead of 1 must be found slower.
 *
 *     npm run self-bench -- ab [--times 10] [--blocks 8]
 */
interface Kind {
  readonly name: string;
  readonly flags: readonly string[];
  /** Of the whole comparison and of ack.p50. */
  readonly right: (verdict: string | null, ack: string | null) => boolean;
}

const kinds: readonly Kind[] = [
  {
    name: 'with itself',
    flags: [],
    right: (verdict) => verdict === 'EQUIVALENT' || verdict === 'INCONCLUSIVE',
  },
  {
    name: 'acks=1 → all',
    flags: ['--set', 'producers.writer.client.acks=all'],
    right: (verdict, ack) => verdict === 'REGRESSED' && ack === 'REGRESSED',
  },
];

const { values } = parseArgs({
  options: { times: { type: 'string', default: '10' }, blocks: { type: 'string', default: '8' } },
});
const root = fileURLToPath(new URL('..', import.meta.url));
const results = mkdtempSync(join(tmpdir(), 'kafka-bench-ab-'));
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
const isStopped = (): boolean => stop.signal.aborted;

async function compare({ flags }: Kind, seed: number): Promise<Comparison> {
  const child = spawn(
    process.execPath,
    [
      ...[join(root, 'bin', 'kafka-bench.mjs'), 'ab', join(root, 'bench', 'ab.yaml'), ...flags, '--quiet'],
      ...['--bootstrap', cluster.bootstrap, '--blocks', values.blocks, '--seed', String(seed)],
      ...['--format', 'json', '--results', join(results, `${String(seed)}-${String(flags.length)}`)],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  try {
    return JSON.parse(out) as Comparison;
  } catch {
    throw new Error(`no comparison came out:\n${err}`);
  }
}

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const cluster = await openCluster(
  { kind: 'local', brokers: 3, controllers: 'combined', config: {} },
  {
    env: process.env,
    signal: stop.signal,
    progress: (line) => process.stderr.write(`${line}\n`),
    startMock: (brokers) => startMockHost(brokers, () => undefined),
  },
);
const rows: string[][] = [['', 'comparison', 'verdict', 'ack.p50', 'ratio', 'interval', 'load', '']];
let wrong = 0;
try {
  for (let time = 1; time <= Number(values.times) && !isStopped(); time++) {
    for (const kind of kinds) {
      if (isStopped()) break;
      const found = await compare(kind, time);
      const ack = found.metrics.find(({ metric }) => metric === 'ack.p50');
      const right = kind.right(found.verdict, ack?.verdict ?? null);
      if (!right) wrong++;
      const bound = (value: number | null | undefined): string => value?.toFixed(3) ?? '-';
      rows.push([
        String(time),
        kind.name,
        found.verdict ?? 'none',
        ack?.verdict ?? 'none',
        bound(ack?.ratio),
        `${bound(ack?.interval?.low)} … ${bound(ack?.interval?.high)}`,
        loadAverage().split(' ')[0]!,
        right ? '' : `WRONG: ${found.reasons.join('; ')}`,
      ]);
      process.stderr.write(`${rows.at(-1)!.join('  ')}\n`);
    }
  }
} finally {
  await cluster.close();
  rmSync(results, { recursive: true, force: true });
}
console.log(`${describeMachine()}; ${values.blocks} blocks each\n`);
for (const line of renderTable(rows, ['right', 'left', 'left', 'left', 'right', 'left', 'right', 'left'])) {
  console.log(line);
}
process.exitCode = wrong > 0 || rows.length === 1 ? 1 : 0;
