import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { calibrate } from '../../src/experiment/calibrate.ts';
import { readCalibration, writeCalibration } from '../../src/trial/record/calibration-file.ts';
import { skippedBelow } from '../requirements.ts';
import { runText } from '../run/scenario-run.ts';

/** With a cache of its own, as nobody's ceiling may be in the way. */
function freshCache(): NodeJS.ProcessEnv {
  const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-calibration-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return { ...process.env, KAFKA_BENCH_CACHE: directory };
}

test.skipIf(skippedBelow('all'))(
  'the ceiling is measured into the mock, and held against later runs near it alone',
  async () => {
    const env = freshCache();
    expect(readCalibration(env)).toBeNull();
    const lines: string[] = [];
    const options = { sizes: [1000], processes: [1], seconds: 1, rounds: 1 };
    const { calibration, doubts } = await calibrate({
      env,
      progress: (line) => lines.push(line),
      ...options,
    });
    expect(doubts).toEqual([]);
    const measured = calibration.ceilings.find(({ ackSource }) => ackSource === 'delivery-reports')!;
    expect(measured).toMatchObject({ processes: 1, bytes: 1000 });
    expect(measured.perSecond).toBeGreaterThan(5_000);
    expect(lines.at(-1)).toMatch(/^delivery-reports, 1 process, 1000 B: [\d ]+\/s$/);
    writeCalibration(env, calibration);
    expect(readCalibration(env)).toEqual(calibration);

    // Near a ceiling that is 100 times lower than the machine's: that the rate is reached is no question.
    const low = calibration.ceilings.map((ceiling) => ({ ...ceiling, perSecond: ceiling.perSecond / 100 }));
    writeCalibration(env, { ...calibration, ceilings: low });
    const reasons = async (rate: number) => {
      const { result } = await runText(
        `
cluster: mock
producers: [{ name: writer, topic: t, rate: ${rate}/s, value: { bytes: 1000 }, client: { acks: 1 } }]
phases: { measure: 2s, drain: 10s }
`,
        { env, ackSource: 'delivery-reports' },
      );
      expect(result.outcome).toEqual({ state: 'completed' });
      return result.trials[0]!.validity.reasons.filter(({ code }) => code === 'near-ceiling');
    };
    const ceiling = measured.perSecond / 100;
    const [near, ...others] = await reasons(Math.ceil(0.9 * ceiling));
    expect(near).toMatchObject({ severity: 'warn', threshold: 0.7 });
    expect(near!.value).toBeGreaterThan(0.7);
    expect(near!.value).toBeLessThan(1);
    expect(others).toEqual([]);
    expect(await reasons(Math.floor(0.5 * ceiling))).toEqual([]);
  },
  60_000,
);
