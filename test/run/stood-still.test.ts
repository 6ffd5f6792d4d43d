import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { sleep } from '../../src/base/clock.ts';
import { skippedBelow } from '../requirements.ts';
import { KafkaBench, onlyResult } from './process.ts';

/** A reader that leaves when its topic is quiet, which it is while the others stand still. */
const idle = ', idleTimeout: 1500ms';

const scenarioWith = (more: string) => `
cluster: mock
producers: [{ name: writer, topic: t, rate: 300/s, value: { bytes: 100 } }]
consumers: [{ name: reader, topic: t, group: g${more} }]
phases: { measure: 6s, drain: 10s }
expect: { endToEnd.p50: '<= 10s', throughput: '>= 1/s' }
`;

/** Workers are forked in this order. */
const roles = ['mock-host', 'consumer', 'producer'] as const;

/** Runs the scenario, and lets one of its workers stand still for 3 s in the measured phase. */
async function runWithStop(role: (typeof roles)[number]) {
  const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-run-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'steady.yaml');
  writeFileSync(file, scenarioWith(role === 'consumer' ? idle : ''));
  const results = join(directory, 'results');
  const command = new KafkaBench(['run', file, '--results', results], process.env);
  await command.said('measure ');
  const workers = command.workers().sort((a, b) => a - b);
  expect(workers).toHaveLength(roles.length);
  const pid = workers[roles.indexOf(role)]!;
  process.kill(pid, 'SIGSTOP');
  await sleep(3000);
  process.kill(pid, 'SIGCONT');
  const { code, err } = await command.ended;
  const result = onlyResult(results);
  const trial = result.trials[0]!;
  const reason = trial.validity.reasons.find((each) => each.code === 'stood-still');
  return { code, err, result, trial, reason };
}

describe.skipIf(skippedBelow('all'))(
  'a worker that stands still for 3 s is late, not dead',
  { timeout: 90_000 },
  () => {
    for (const [role, touched] of [
      ['producer', ['writer.throughput', 'writer.ack', 'reader.endToEnd', 'endToEnd']],
      ['consumer', ['reader.endToEnd', 'reader.throughput', 'endToEnd']],
      // It serves everybody: the whole trial.
      ['mock-host', []],
    ] as const) {
      test(`${role}: the run completes, says so meanwhile, and what it touches is not judged`, async () => {
        const { code, err, result, trial, reason } = await runWithStop(role);
        expect(result.outcome).toEqual({ state: 'completed' });
        expect(err).toMatch(new RegExp(`${role}\\S* does not answer: it stands still`));
        expect(err).toMatch(new RegExp(`${role}\\S* answers again after [23]`));
        expect(reason).toMatchObject({ severity: 'invalid' });
        expect(reason!.value).toBeGreaterThan(2e6);
        expect(reason!.metrics).toEqual(expect.arrayContaining([...touched]));
        if (role === 'consumer') expect(reason!.metrics).not.toContain('writer.ack');
        // Everything was sent, and the reader did not take its own pause for the end of the topic.
        expect(trial.totals.producers.messages).toBe(1800);
        expect(trial.totals.consumers.messages).toBe(1800);
        expect(trial.delivery.verdict).toBe('PASS');
        // A gate that stands on what was touched can neither pass nor fail.
        expect(result.expectations.map(({ ok }) => ok)).toContain(null);
        expect(code).toBe(3);
      });
    }
  },
);
