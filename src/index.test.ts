import { beforeEach, describe, expect, it, vi } from 'vitest';
import { runResultOf } from './results/sample.case.ts';
import type { RunOptions } from './trial/run-options.ts';
import type { RunOutcome } from './trial/trial.ts';
import type { LoadedScenario } from './scenario/load.ts';
import { run, type LibraryOptions } from './index.ts';

const ran: { loaded: LoadedScenario; options: RunOptions }[] = [];
vi.mock('./experiment/run-scenario.ts', () => ({
  runScenario: (loaded: LoadedScenario, options: RunOptions): Promise<RunOutcome> => {
    ran.push({ loaded, options });
    const files = { result: 'r.json', journal: 'j', hlog: 'h', evidence: 'e' };
    return Promise.resolve({ result: runResultOf(), files });
  },
}));
beforeEach(() => void (ran.length = 0));

const scenario = { producers: [{ name: 'w', topic: 't', rate: '1/s' }], trials: 3 };

describe('run of the library', () => {
  it('takes an option that is undefined for one that is not given', async () => {
    const names = [
      ...(['resultsDirectory', 'env', 'bootstrap', 'cluster', 'keep', 'showMessagesPerSecond'] as const),
      ...(['ackSource', 'observer', 'stop', 'cut', 'set', 'trials'] as const),
    ] satisfies (keyof LibraryOptions)[];
    await run(scenario);
    await run(scenario, Object.fromEntries(names.map((name) => [name, undefined])));
    const [without, withUndefined] = ran;
    expect(without!.options).toEqual({ resultsDirectory: 'results/runs', env: process.env });
    expect(withUndefined!.options).toEqual(without!.options);
    for (const { loaded } of ran) expect(loaded.scenario.trials).toBe(3);
  });

  it('hands on what is given', async () => {
    const given = { resultsDirectory: 'elsewhere', env: { HOME: '/' }, keep: true, cluster: 'mock' } as const;
    await run(scenario, { ...given, trials: 2, set: ['producers.w.rate=2/s'] });
    expect(ran[0]!.options).toEqual(given);
    expect(ran[0]!.loaded.scenario).toMatchObject({ trials: 2, producers: [{ rate: { perSecond: 2 } }] });
  });

  it.each<[string, object, string]>([
    ['an address', { bootstrap: 'h:99999' }, 'bootstrap: expected a port from 1 to 65535, got "h:99999"'],
    ['no address', { bootstrap: '' }, 'bootstrap: expected host:port, or several with commas, got ""'],
    ['settings', { set: 'seed=1' }, 'set: expected a list of texts such as producers.writer.rate=500/s'],
    ['a source', { ackSource: 'tab' }, 'ackSource: expected one of auto, tap, delivery-reports, got "tab"'],
  ])('refuses %s that is wrong', async (_, options, message) => {
    await expect(run(scenario, options)).rejects.toMatchObject({ code: 'usage', message });
    expect(ran).toEqual([]);
  });
});
