import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const files = ['src', 'test', 'bench'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `${folder}/${name}`),
);
// Whoever starts programs, clusters or whole runs shares two cores with them: one such file at a time keeps them
// honest. All others are as many at once as there are cores.
const startsThings =
  /requirements\.ts|real-kafka\.case|scenario-run|echo\.case|\/process\.ts|node:child_process/;
const starting = files.filter((file) => startsThings.test(readFileSync(file, 'utf8')));
const beside = files.filter((file) => !starting.includes(file));
// CI lets those on a Docker engine of their own run while the others do: both wait for brokers most of the time.
const usesEngine = /real-compose\.case|missing\('docker'/;
const engine = starting.filter((file) => usesEngine.test(readFileSync(file, 'utf8')));
// These hold times and rates against others': beside them nothing else may run.
const measuring = starting.filter((file) => /^test\/truth\/|throughput\.test/.test(file));
const alone = starting.filter((file) => !engine.includes(file) && !measuring.includes(file));

const oneByOne = (name: string, include: string[], groupOrder: number) => ({
  extends: true as const,
  test: { name, include, fileParallelism: false, sequence: { groupOrder } },
});

export default defineConfig({
  test: {
    testTimeout: 20_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // Real clusters on a machine that others use too: what fails once has a second try there, and the report says so
    // (retry x1). Whoever runs tests by hand sees the first failure.
    retry: process.env['CI'] === 'true' ? 1 : 0,
    projects: [
      { extends: true, test: { name: 'beside', include: beside, sequence: { groupOrder: 0 } } },
      oneByOne('alone', alone, 1),
      oneByOne('engine', engine, 2),
      oneByOne('measuring', measuring, 3),
    ],
  },
});
