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
const alone = files.filter((file) => startsThings.test(readFileSync(file, 'utf8')));
const beside = files.filter((file) => !alone.includes(file));

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
      {
        extends: true,
        test: { name: 'alone', include: alone, fileParallelism: false, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
