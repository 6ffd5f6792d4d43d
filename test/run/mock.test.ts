import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runReplay } from '../../src/cli/replay.ts';
import { readResult } from '../../src/results/read.ts';
import { collectShown, runText } from './scenario-run.ts';

const acks0 = `
cluster: mock
seed: 7
producers:
  - name: writer
    topic: sample-topic
    messages: 1000
    flush: each
    value: { json: { str: 'result\${seq}', id: '\${uuid}' } }
    client: { acks: 0, compression.type: gzip }
consumers:
  - { name: reader, topic: sample-topic, group: sample-group, idleTimeout: 2s }
`;

describe('a run on the mock', () => {
  test('counts every message once on both sides and labels itself', async () => {
    const { result, files } = await runText(acks0);
    const trial = result.trials[0]!;
    expect(result.outcome).toEqual({ state: 'completed' });
    expect(result.cluster.kind).toBe('mock');
    expect(result.warnings.map(({ code }) => code)).toContain('mock-cluster');
    expect(trial.totals.producers.messages).toBe(1000);
    expect(trial.totals.consumers.messages).toBe(1000);
    expect(trial.producers[0]).toMatchObject({
      ackSource: 'socket-write',
      sent: 1000,
      acked: 0,
      closedLoop: true,
    });
    expect(trial.consumers[0]).toMatchObject({ endedBy: 'idle', processed: 1000 });
    expect(trial.delivery).toMatchObject({ verdict: 'PASS', attempted: 1000, sent: 1000, foreign: 0 });
    expect(trial.delivery.anomalies).toEqual({});
    // A closed loop has no schedule, so nothing is measured from due times but what the consumer saw.
    expect(trial.producers[0]!.latency).toMatchObject({ scheduleDelay: null, ack: null });
    expect(trial.totals.latency.endToEnd?.count).toBe(1000);
    expect((await readResult(files.result)).result).toEqual(result);
    expect(readFileSync(files.hlog, 'utf8')).toContain('Tag=writer.serviceAck,');
    expect(existsSync(files.journal)).toBe(true);
  });

  test('trials are fresh each: topics, clients, evidence; one result holds them', async () => {
    // A busy machine can stand still for longer than any idle time: this reader leaves when it has everything.
    const patient = acks0.replace(', idleTimeout: 2s', '');
    const { result, files } = await runText(`${patient}\ntrials: 2`);
    expect(result.outcome).toEqual({ state: 'completed' });
    expect(result.trials.map(({ index, order }) => [index, order])).toEqual([
      [0, 0],
      [1, 1],
    ]);
    for (const trial of result.trials) {
      expect(trial.totals.consumers.messages).toBe(1000);
      expect(trial.delivery).toMatchObject({ verdict: 'PASS', attempted: 1000 });
    }
    const evidence = result.trials.map(({ delivery }) => delivery.evidence);
    expect(new Set(evidence).size).toBe(2);
    expect((await readResult(files.result)).result).toEqual(result);
    const lines: string[] = [];
    const io = { out: (line: string) => lines.push(line), err: (line: string) => lines.push(line) };
    expect(await runReplay([files.result], io)).toBe(0);
    expect(lines.filter((line) => line.startsWith('trial '))).toEqual(['trial 1 of 2', 'trial 2 of 2']);
  }, 90_000);

  test('shows single messages, the same ones for the same seed', async () => {
    const contents = async (): Promise<(string | null)[]> => {
      const { observer, shown } = collectShown();
      // Without a group: the mock takes three seconds to form one.
      await runText(acks0.replace('group: sample-group, ', ''), { observer, showMessagesPerSecond: 50 });
      expect(shown.filter(({ direction }) => direction === 'received').length).toBeGreaterThan(0);
      return shown
        .filter(({ direction }) => direction === 'sent')
        .slice(0, 50)
        .map(({ value }) => value);
    };
    const first = await contents();
    expect(first).toHaveLength(50);
    expect(JSON.parse(first[0]!)).toMatchObject({ str: 'result0' });
    expect(await contents()).toEqual(first);
  });

  test('keeps an open loop on schedule, cuts the warm-up by due time, and divides a producer over its clients', async () => {
    const { result } = await runText(`
cluster: mock
producers:
  - { name: writer, topic: t, count: 2, rate: 1000/s, value: { bytes: 100 } }
consumers:
  - { name: reader, topic: t }
phases: { warmup: 1s, measure: 2s }
`);
    const trial = result.trials[0]!;
    const [writer] = trial.producers;
    expect(writer).toMatchObject({ clients: 2, messages: 2000, attempted: 2000, closedLoop: false });
    expect(writer!.rate.offered).toBe(1000);
    for (const latency of ['scheduleDelay', 'serviceAck', 'ack'] as const) {
      expect(writer!.latency[latency]?.count).toBe(2000);
    }
    expect(trial.consumers[0]!.messages).toBe(2000);
    expect(trial.delivery.attempted).toBe(3000);
    expect(trial.phases.map(({ name }) => name)).toEqual(['warmup', 'measure', 'drain']);
    expect(trial.phases[0]!.latency.ack?.count).toBe(1000);
    const sum = (column: (number | null)[]): number =>
      column.reduce((total: number, n) => total + (n ?? 0), 0);
    expect(sum(trial.intervals.producers['writer']!['settled']!)).toBe(3000);
    expect(sum(trial.intervals.consumers['reader']!['received']!)).toBe(3000);
    expect(Math.min(...trial.intervals.second)).toBe(-1);
  });

  test('refuses a volume that the mock would drop before its consumers read it', async () => {
    const run = runText(`
cluster: mock
producers: [{ name: writer, topic: t, value: { bytes: 100 } }]
consumers: [{ name: reader, topic: t, group: g }]
`);
    await expect(run).rejects.toMatchObject({
      code: 'scenario',
      message: expect.stringContaining('mock') as string,
    });
  });

  test('does not check what the mock may have dropped, and says so', async () => {
    const { result, files } = await runText(`
cluster: mock
producers: [{ name: writer, topic: t, messages: 60k, value: { bytes: 100 } }]
`);
    expect(result.outcome).toEqual({ state: 'completed' });
    expect(result.trials[0]!.delivery).toMatchObject({
      verdict: 'NONE',
      audit: 'off',
      acked: 60_000,
      present: null,
      evidence: null,
    });
    expect(result.warnings).toContainEqual({
      code: 'mock-audit',
      message: expect.stringContaining('delivery is not checked: topic t takes 60000 messages') as string,
    });
    expect(existsSync(files.evidence)).toBe(false);
  });

  test('keeps every message where librdkafka’s queue is full again and again', async () => {
    const { result } = await runText(`
cluster: mock
producers:
  - name: writer
    topic: t
    messages: 20k
    value: { bytes: 100 }
    client: { queue.buffering.max.messages: 500 }
`);
    expect(result.trials[0]!.producers[0]).toMatchObject({
      attempted: 20_000,
      acked: 20_000,
      indeterminate: 0,
    });
    expect(result.trials[0]!.producers[0]!.queueFull).toBeGreaterThan(0);
  });

  test('counts what librdkafka refuses as rejected, and goes on', async () => {
    const { result } = await runText(`
cluster: mock
producers:
  - name: writer
    topic: t
    messages: 100
    value: { bytes: [{ size: 100, weight: 1 }, { size: 5000, weight: 1 }] }
    client: { message.max.bytes: 2000 }
`);
    const [writer] = result.trials[0]!.producers;
    expect(writer!.attempted).toBe(100);
    expect(writer!.rejected).toBeGreaterThan(0);
    expect(writer!.acked + writer!.rejected).toBe(100);
    expect(result.trials[0]!.errors).toContainEqual(
      expect.objectContaining({ code: 'MSG_SIZE_TOO_LARGE', scope: 'writer', count: writer!.rejected }),
    );
  });
});
