import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { runningTier } from './test/requirements.ts';

const files = ['src', 'test', 'bench'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `${folder}/${name}`),
);
// A test that starts programs, clusters or whole runs shares two cores with them: one such file at a time keeps its
// times honest. In CI's tier most of them wait for brokers most of the time, and two files run at once. All other files
// are as many at once as there are cores.
const startsThings =
  /requirements\.ts|real-kafka\.case|scenario-run|echo\.case|\/process\.ts|node:child_process/;
const starting = files.filter((file) => startsThings.test(readFileSync(file, 'utf8')));
const beside = files.filter((file) => !starting.includes(file));
// CI lets those on a Docker engine of their own run while the others do: both wait for brokers most of the time.
const usesEngine = /real-compose\.case|missing\('docker'/;
const engine = starting.filter((file) => usesEngine.test(readFileSync(file, 'utf8')));
// These hold times and rates against others': beside them nothing else may run.
const measuring = starting.filter((file) => /^test\/truth\/|throughput\.test/.test(file));
const others = starting.filter((file) => !engine.includes(file) && !measuring.includes(file));

const together = (maxWorkers: number, name: string, include: string[], groupOrder: number) => ({
  extends: true as const,
  test: { name, include, maxWorkers, sequence: { groupOrder } },
});

export default defineConfig({
  test: {
    // A limit ends what hangs; machines that are shared need room below it.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // Real clusters on a machine that others use too: what fails once has a second try there, and the report says so
    // (retry x1). Whoever runs tests by hand sees the first failure.
    retry: process.env['CI'] === 'true' ? 1 : 0,
    projects: [
      { extends: true, test: { name: 'beside', include: beside, sequence: { groupOrder: 0 } } },
      together(runningTier() === 'quick' ? 1 : 2, 'starting', others, 1),
      together(1, 'engine', engine, 2),
      together(1, 'measuring', measuring, 3),
    ],
  },
});
