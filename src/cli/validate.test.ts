import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BenchError } from '../base/errors.ts';
import { runInit } from './init.ts';
import { runSchema } from './schema.ts';
import { runValidate } from './validate.ts';

let directory = '';
beforeAll(async () => (directory = await mkdtemp(join(tmpdir(), 'validate-'))));
afterAll(() => rm(directory, { recursive: true }));

function collect() {
  const lines = { out: [] as string[], err: [] as string[] };
  return {
    lines,
    io: {
      out: (text: string) => void lines.out.push(text),
      err: (text: string) => void lines.err.push(text),
    },
  };
}

test('a valid scenario prints its plan and ends with 0', async () => {
  const file = join(directory, 'good.yaml');
  await writeFile(
    file,
    `phases: { warmup: 5s, measure: 30s, drain: 10s }
producers:
  - { name: writer, topic: t, count: 2, rate: 5k/s, value: { bytes: 1KB } }
  - { name: burst, topic: t, messages: 100, rate: 10/s }
consumers:
  - { name: reader, topic: t, group: g }
  - { name: booking, topic: t, commit: none, processing: { failures: 1% }, deadLetter: { topic: d, afterAttempts: 3 } }
`,
  );
  const { io, lines } = collect();
  expect(await runValidate([file], io, { env: {} })).toBe(0);
  expect(lines.err).toEqual([]);
  const [plan = ''] = lines.out;
  expect(plan.replace(directory, '').replace(/sha256 [0-9a-f]{12}/, 'sha256 …')).toBe(
    `/good.yaml: valid (good, sha256 …)
  producer writer  2 clients, 150 000 messages of about 1 KB in 30 s
  producer burst  1 client, 100 messages of about 100 B in 10 s
  consumer reader  1 in group g, reads t
  consumer booking  1 client(s) without a group, reads t, dead letters to d
  messages  150 100 in the measured phase, 150 MB of values
  duration  at most 45 s (warm-up 5 s, drain up to 10 s)
  delivery  at-least-once, in any order, audit of the whole log, evidence kept
  memory    up to 344 MB in client queues, when brokers fall behind`,
  );
});

test('every file is looked at; one bad file makes it 2; warnings are told apart', async () => {
  const bad = join(directory, 'bad.yaml');
  const warned = join(directory, 'warned.yaml');
  await writeFile(bad, 'producers:\n  - { name: a, topik: t }\n');
  await writeFile(warned, 'producers: [{ name: a, topic: t, value: { bytes: 2MB } }]\n');
  const { io, lines } = collect();
  expect(await runValidate([bad, join(directory, 'none.yaml'), warned], io, { env: {} })).toBe(2);
  expect(lines.err.map((line) => line.replaceAll(directory, ''))).toEqual([
    '/bad.yaml:2:16: unknown key "topik"; did you mean "topic"?\n  2 |   - { name: a, topik: t }\n    |                ^',
    '/none.yaml: no such file',
    expect.stringContaining(
      '/warned.yaml: warning: a: values of 2000000 bytes exceed message.max.bytes',
    ) as string,
  ]);
  expect(lines.out).toHaveLength(1);
});

test('schema prints JSON Schema', async () => {
  const { io, lines } = collect();
  expect(await runSchema([], io)).toBe(0);
  expect(JSON.parse(lines.out.join('\n'))).toMatchObject({
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    additionalProperties: false,
  });
});

test('init writes a scenario that is valid, and overwrites only when told', async () => {
  const { io } = collect();
  const file = join(directory, 'new', 'first.yaml');
  expect(await runInit({ file }, io)).toBe(0);
  expect(await runValidate([file], io, { env: {} })).toBe(0);
  await writeFile(file, 'mine');
  const refused = runInit({ file }, io);
  await expect(refused).rejects.toBeInstanceOf(BenchError);
  await expect(refused).rejects.toMatchObject({ code: 'usage', hint: '--force overwrites it' });
  expect(await readFile(file, 'utf8')).toBe('mine');
  expect(await runInit({ file, force: true }, io)).toBe(0);
  expect(await readFile(file, 'utf8')).toMatch(
    /^# yaml-language-server: \$schema=\.\.?\/.*\/scenarios\/scenario\.schema\.json\n# Run it:/,
  );
});

test.each([
  ['that is there', 'dir', true],
  ['that ends in a slash', 'other/', false],
])('init in a directory %s writes scenario.yaml there', async (_, name, made) => {
  const { io, lines } = collect();
  const place = join(directory, name);
  if (made) await mkdir(place);
  expect(await runInit({ file: made ? place : `${directory}/${name}` }, io)).toBe(0);
  const file = join(place, 'scenario.yaml');
  expect(lines.out[0]).toBe(`${file} written; next: kafka-bench validate ${file}`);
  expect(await runValidate([file], io, { env: {} })).toBe(0);
  await expect(runInit({ file: place }, io)).rejects.toMatchObject({ hint: '--force overwrites it' });
});

test('beside a scenario.schema.json the starter names it; a place that cannot be written is a usage error', async () => {
  const { io } = collect();
  await writeFile(join(directory, 'scenario.schema.json'), '{}');
  await runInit({ file: join(directory, 'second.yaml') }, io);
  expect(await readFile(join(directory, 'second.yaml'), 'utf8')).toMatch(
    /^# yaml-language-server: \$schema=\.\/scenario\.schema\.json\n/,
  );
  const below = join(directory, 'second.yaml', 'third.yaml');
  await expect(runInit({ file: below, force: true }, io)).rejects.toMatchObject({ code: 'usage' });
});
