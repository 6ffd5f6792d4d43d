import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/base/package-root.ts';
import { missing, skippedBelow } from '../requirements.ts';
import { SharedCluster } from '../truth/truth.case.ts';

const page = readFileSync(join(packageRoot(), 'docs', 'upgrades.md'), 'utf8');
const scenario = /^```yaml\n(.*?)^```/ms.exec(page)![1]!;
const [rehearsal, clusters] = [...page.matchAll(/^```sh\n(.*?)^```/gms)].map(([, text]) => text!.trim());

describe.skipIf(missing('java', 'maven') || skippedBelow('all'))(
  'docs/upgrades.md',
  { timeout: 240_000 },
  () => {
    const kafka = new SharedCluster();
    let directory: string;
    beforeAll(() => {
      directory = mkdtempSync(join(tmpdir(), 'kafka-bench-upgrades-'));
      writeFileSync(join(directory, 'upgrade.yaml'), scenario.replace('measure: 10s', 'measure: 1s'));
    });
    afterAll(() => rmSync(directory, { recursive: true, force: true }));

    /** One block: whether it runs and what it calls the difference, not how fast anything is. */
    const run = (command: string) => {
      const [, ...words] = command
        .replace('--blocks 8', '--blocks 1 --format json --quiet')
        .split(' ')
        .slice(1);
      const program = join(packageRoot(), 'bin', 'kafka-bench.mjs');
      const options = { cwd: directory, env: kafka.env, encoding: 'utf8', maxBuffer: 1e8 } as const;
      const { stdout, stderr } = spawnSync(
        process.execPath,
        [program, words[0]!, ...words.slice(1)],
        options,
      );
      expect(stdout, stderr).toMatch(/^\{/);
      return JSON.parse(stdout) as {
        reasons: string[];
        delivery: { gate: string };
        differences: { kind: string; what: string; standing: string }[];
        base: { cluster: { version: string | null; addresses?: string[] } };
        candidate: { cluster: { version: string | null; addresses?: string[] } };
      };
    };

    test('the rehearsal compares two versions, which are its subject', () => {
      const { base, candidate, differences, delivery, reasons } = run(rehearsal!);
      expect([base.cluster.version, candidate.cluster.version]).toEqual(['3.9.2', '4.3.0']);
      expect(delivery.gate).toBe('PASS');
      expect(differences).toContainEqual(
        expect.objectContaining({ kind: 'versions', what: 'Kafka', standing: 'subject' }),
      );
      expect(reasons.join()).not.toContain('not comparable');
    });

    test('two clusters are compared, and named by their addresses', () => {
      const port = kafka.cluster.bootstrap.split(',')[0]!.split(':').at(-1)!;
      const { base, candidate, delivery, reasons } = run(
        clusters!.replace('old:9092', `127.0.0.1:${port}`).replace('new:9092', `localhost:${port}`),
      );
      expect(delivery.gate).toBe('PASS');
      for (const side of [base, candidate]) expect(side.cluster.addresses).toHaveLength(1);
      expect(reasons.join()).not.toContain('not comparable');
    });
  },
);
