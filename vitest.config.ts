import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 120_000,
    // Tests of real clusters share two cores with the brokers: one file at a time keeps them honest.
    fileParallelism: false,
    pool: 'forks',
    // Real clusters on a machine that others use too: what fails once has a second try there, and the report says so
    // (retry x1). Whoever runs tests by hand sees the first failure.
    retry: process.env['CI'] === 'true' ? 1 : 0,
  },
});
