import { describe, expect, it } from 'vitest';
import { WorkerSilences } from './worker-silences.ts';

describe('WorkerSilences', () => {
  it('are told when they begin and when they end', () => {
    const lines: string[] = [];
    const silences = new WorkerSilences((line) => lines.push(line));
    silences.add({ worker: 'producer-1', from: 5e6, to: null });
    silences.add({ worker: 'producer-1', from: 5e6, to: 8.2e6 });
    expect(lines).toEqual([
      'producer-1 does not answer: it stands still, and is waited for up to 60 s',
      'producer-1 answers again after 3.20 s',
    ]);
  });

  it('keeps those of others when one ends whose begin was not told', () => {
    const silences = new WorkerSilences(() => undefined);
    silences.add({ worker: 'producer-1', from: 1e6, to: null });
    silences.add({ worker: 'producer-1', from: 1e6, to: 3e6 });
    silences.add({ worker: 'consumer-1', from: 4e6, to: 5e6 });
    expect(silences.since(0, 10e6)).toEqual([
      { worker: 'producer-1', micros: 2e6 },
      { worker: 'consumer-1', micros: 1e6 },
    ]);
  });

  it('are added up a worker, as far as they lie behind a time', () => {
    const silences = new WorkerSilences(() => undefined);
    for (const [worker, from, to] of [
      ['producer-1', 1e6, 3e6],
      ['producer-1', 5e6, 8e6],
      ['consumer-1', 1e6, 2e6],
    ] as const) {
      silences.add({ worker, from, to: null });
      silences.add({ worker, from, to });
    }
    silences.add({ worker: 'mock-host', from: 9e6, to: null });
    expect(silences.since(2e6, 10e6)).toEqual([
      { worker: 'producer-1', micros: 4e6 },
      { worker: 'mock-host', micros: 1e6 },
    ]);
  });
});
