import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type StubAnswer, startStubRegistry } from '../../src/workload/avro/registry.case.ts';
import { runScenario } from '../../src/experiment/run-scenario.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { parseSetting } from '../../src/scenario/settings.ts';
import { skippedBelow } from '../requirements.ts';
import { collectShown } from './scenario-run.ts';

const password = 'topsecret';

async function run(settings: readonly string[]) {
  const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-avro-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const loaded = await loadScenario(resolve(import.meta.dirname, '../../scenarios/avro.yaml'), {
    env: {},
    settings: ['cluster=mock', 'producers.sensor.messages=100', ...settings].map(parseSetting),
  });
  const { observer, shown } = collectShown();
  const lines: string[] = [];
  const { result } = await runScenario(loaded, {
    resultsDirectory: directory,
    env: process.env,
    observer: { ...observer, status: (line) => lines.push(line) },
    showMessagesPerSecond: 5,
  });
  const written = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
  return { result, trial: result.trials[0]!, shown, lines, written };
}

async function registryAt(instead?: (request: string) => StubAnswer | undefined): Promise<string> {
  const stub = await startStubRegistry(instead);
  onTestFinished(() => stub.close());
  return `producers.sensor.value.avro.registry=${stub.url.replace('//', `//someone:${password}@`)}`;
}

describe.skipIf(skippedBelow('all'))('Avro on the mock', { timeout: 90_000 }, () => {
  test('takes ids from a registry, whose password is in no file', async () => {
    const { result, trial, lines, written } = await run([await registryAt()]);
    expect(result.outcome).toEqual({ state: 'completed' });
    expect(lines).toContain('registry: schemas/reading.avsc is schema 1001 of subject readings-value');
    expect(trial.delivery.verdict).toBe('PASS');
    expect(trial.consumers[0]).toMatchObject({ processed: 100, invalid: 0 });
    expect(written.length).toBeGreaterThan(2);
    for (const text of written) expect(text).not.toMatch(/topsecret|someone/);
  });

  test('a registry that refuses ends the run before a message is sent', async () => {
    const { result, trial } = await run([
      await registryAt(() => ({ status: 409, body: '{"message":"incompatible with an earlier schema"}' })),
    ]);
    expect(result.outcome).toMatchObject({ state: 'failed' });
    expect(JSON.stringify(result.outcome)).toContain('409, incompatible with an earlier schema');
    expect(JSON.stringify(result)).not.toContain(password);
    expect(trial.totals.producers.messages).toBe(0);
  });

  test('bare records read with the schema of others are told apart', async () => {
    const bare = 'producers.sensor.value.avro.framing=bare';
    const reader = (schema: string) => [
      `consumers.store.validate.avro.readerSchema=schemas/${schema}`,
      `consumers.store.validate.avro.writerSchema=schemas/${schema}`,
    ];
    const right = await run([bare, ...reader('reading.avsc')]);
    expect(right.trial.consumers[0]).toMatchObject({ processed: 100, invalid: 0 });
    const wrong = await run([bare, ...reader('order-v2.avsc')]);
    expect(wrong.trial.consumers[0]).toMatchObject({ processed: 100, invalid: 100 });
    const [warning] = wrong.result.warnings.filter(({ message }) => message.includes('invalid values'));
    expect(warning!.message).toMatch(/100 invalid values: not as its schema says: .* first at readings-/);
  });
});
