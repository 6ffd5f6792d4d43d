import { describe, expect, test } from 'vitest';
import type { ProviderProbe } from '../cluster/open.ts';
import { runDoctor } from './doctor.ts';
import type { Calibration } from '../judge/performance/calibration.ts';
import type { Machine } from './doctor/inspect-machine.ts';

const machine: Machine = {
  kafkaBench: '0.1.0',
  node: '20.20.2',
  npm: '11.0.0',
  binding: {
    version: '1.10.1',
    source: 'built',
    loaded: { librdkafka: '2.15.1', features: ['gzip', 'ssl'] },
  },
  java: null,
  maven: '3.8.7',
  docker: {
    client: '28.2.2',
    engine: null,
    engineMissing: 'this user may not use the Docker engine',
    compose: null,
  },
  cCompiler: 'cc 12.2.0',
  cores: 2,
  processor: 'x86',
  memory: { totalBytes: 8e9, freeBytes: 4e9 },
};
const mockOnly: ProviderProbe[] = [
  { kind: 'local', available: false, reason: 'no Java 17' },
  { kind: 'mock', available: true, reason: 'part of librdkafka' },
];

const calibration: Calibration = {
  measuredAt: '2026-11-21T20:00:00.000Z',
  ceilings: [
    { ackSource: 'tap', processes: 1, bytes: 100, perSecond: 785_000 },
    { ackSource: 'delivery-reports', processes: 2, bytes: 1024, perSecond: 320_000 },
  ],
};

async function doctor(
  found: Machine,
  kinds: ProviderProbe[],
  { json = false, known = null }: { json?: boolean; known?: Calibration | null } = {},
) {
  const out: string[] = [];
  const err: string[] = [];
  const io = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text) };
  const providers = () => Promise.resolve(kinds);
  const code = await runDoctor(
    { json, machine: () => Promise.resolve(found), providers, calibration: () => known },
    io,
  );
  return { code, out: out.join('\n'), err: err.join('\n') };
}

describe('doctor', () => {
  test('lists versions and clusters in aligned columns', async () => {
    const { out } = await doctor(machine, mockOnly);
    expect(out).toContain('librdkafka   2.15.1\n');
    expect(out).toContain('Java         not found\n');
    expect(out).toContain('Docker       client 28.2.2, this user may not use the Docker engine\n');
    expect(out).toContain('  local  no   no Java 17\n  mock   yes  part of librdkafka');
  });

  test('a real cluster kind makes it exit 0, the mock alone does not', async () => {
    const local: ProviderProbe = { kind: 'local', available: true, reason: 'Java 17, Maven' };
    expect(await doctor(machine, [local])).toMatchObject({ code: 0, err: '' });
    const { code, err } = await doctor(machine, mockOnly);
    expect(code).toBe(5);
    expect(err).toContain('Only the mock');
  });

  test('a binding that does not load is said and exits 5', async () => {
    const broken = { ...machine, binding: { version: '1.10.1', source: 'built' as const, loaded: null } };
    const { code, out, err } = await doctor(broken, [{ kind: 'local', available: true, reason: '' }]);
    expect(code).toBe(5);
    expect(out).toContain('DOES NOT LOAD');
    expect(err).toContain('does not load');
  });

  test('says what this harness can produce here, where it was measured', async () => {
    expect((await doctor(machine, mockOnly)).out).toContain(
      'is not measured: kafka-bench doctor --calibrate',
    );
    const { out } = await doctor(machine, mockOnly, { known: calibration });
    expect(out).toContain('can produce here (into the mock, 2026-11-21):\n');
    expect(out).toContain('  tap, 1 process, 100 B                  785 000/s\n');
    expect(out).toContain('  delivery-reports, 2 processes, 1024 B  320 000/s\n');
  });

  test('--json holds the same facts', async () => {
    const { out } = await doctor(machine, mockOnly, { json: true, known: calibration });
    expect(JSON.parse(out)).toEqual({ ...machine, calibration, clusters: mockOnly });
  });
});
