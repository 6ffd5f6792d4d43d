import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { compareSamples } from './compare.ts';
import { noiseFloorOf } from './noise-floor.ts';
import { readComparison } from './read-comparison.ts';
import { side, turned } from './sample.case.ts';

const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-floor-'));
afterAll(() => rmSync(directory, { recursive: true }));

describe('the noise floor', () => {
  it('is the 95th percentile of changes, up or down, over comparisons of a thing with itself', () => {
    const changes = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? 1 + i / 100 : 1 / (1 + i / 100)));
    const comparisons = changes.map((latency) => compareSamples(side(5), side(5, { latency })));
    // The 19th of 20.
    expect(noiseFloorOf(comparisons).get('ack.p50')).toBeCloseTo(0.18, 6);
    expect(noiseFloorOf(comparisons.slice(0, 4)).get('ack.p50')).toBeCloseTo(0.03, 6);
    expect(noiseFloorOf(comparisons).get('throughput')).toBeCloseTo(0, 6);
  });

  it('is not that of two things that differ', () => {
    const other = { run: { tool: { version: '0.2.0', git: null } } };
    const comparison = compareSamples(side(5), side(5, other), { subject: ['versions'] });
    expect(() => noiseFloorOf([comparison])).toThrow('the noise floor is of one thing compared with itself');
  });
});

describe('a comparison in a file', () => {
  const write = (name: string, value: unknown): string => {
    const path = join(directory, name);
    writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
    return path;
  };

  it('is read as it was written', async () => {
    const comparison = compareSamples(side(8), turned(side(8, { latency: 1.15 })));
    expect(await readComparison(write('comparison.json', comparison))).toEqual(comparison);
  });

  it('is refused where it is none, or of another major version', async () => {
    const comparison = compareSamples(side(1), side(1));
    for (const path of [
      write('other.json', { ...comparison, schemaVersion: '2.0' }),
      write('none.json', { schemaVersion: '1.0' }),
      write('null.json', 'null'),
    ])
      await expect(readComparison(path)).rejects.toThrow('is no comparison that this version reads');
    await expect(readComparison(write('text.json', '{'))).rejects.toThrow('cannot read');
    await expect(readComparison(join(directory, 'missing.json'))).rejects.toThrow('there is no ');
  });
});
