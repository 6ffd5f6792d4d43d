import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readCalibration, writeCalibration } from './calibration-file.ts';
import type { Calibration } from '../../judge/performance/calibration.ts';

const calibration: Calibration = {
  measuredAt: '2026-11-21T20:00:00.000Z',
  ceilings: [{ ackSource: 'tap', processes: 1, bytes: 100, perSecond: 785_000 }],
};

test('what was measured here is read again; what is not a calibration is none', () => {
  const cache = mkdtempSync(join(tmpdir(), 'kafka-bench-calibration-'));
  onTestFinished(() => rmSync(cache, { recursive: true, force: true }));
  const env = { KAFKA_BENCH_CACHE: cache };
  expect(readCalibration(env)).toBeNull();
  writeCalibration(env, calibration);
  expect(readCalibration(env)).toEqual(calibration);
  // 1 KiB faster than 100 B: whatever else ran then is in it.
  const [ceiling] = calibration.ceilings;
  writeCalibration(env, {
    ...calibration,
    ceilings: [ceiling!, { ...ceiling!, bytes: 1024, perSecond: 9e5 }],
  });
  expect(readCalibration(env)).toBeNull();
  const [file] = readdirSync(join(cache, 'calibration'));
  for (const damaged of ['{"ceil', 'null', '{}']) {
    writeFileSync(join(cache, 'calibration', file!), damaged);
    expect(readCalibration(env), damaged).toBeNull();
  }
});
