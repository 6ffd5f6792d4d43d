import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { loadScenarioValue } from './load.ts';
import { ScenarioError } from './problem.ts';

const writer = { name: 'w', topic: 't', rate: '100/s' };
const own: Record<string, unknown> = { ...writer };
own['value'] = { json: own };
const list: unknown[] = [];
list.push(list);
const deep = (): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < 50_000; i++) value = [value];
  return value;
};

describe('a scenario that is a value', () => {
  it.each<[string, unknown, string]>([
    ['a BigInt', { producers: [{ ...writer, messages: 10n }] }, 'producers.w.messages is a BigInt (10n)'],
    ['a cycle of mappings', { producers: [own] }, 'producers.w.value.json holds itself'],
    ['a cycle of lists', { producers: list }, 'producers[0] holds itself'],
    ['a function', { producers: [{ ...writer, rate: () => 5 }] }, 'producers.w.rate is a function'],
    ['a symbol', { name: Symbol('s') }, 'name is a symbol'],
    ['no number', { seed: NaN }, 'seed is NaN'],
    ['an infinite number', { producers: [{ ...writer, count: Infinity }] }, 'producers.w.count is Infinity'],
    ['a Map', { producers: [{ ...writer, client: new Map([['acks', 1]]) }] }, 'producers.w.client is a Map'],
    ['bytes', { producers: [{ ...writer, value: Buffer.from('x') }] }, 'producers.w.value is a Buffer'],
    ['a hole', { producers: [undefined] }, 'producers[0] is undefined'],
    ['nothing', undefined, 'the scenario is undefined'],
    ['a function as a whole', () => ({}), 'the scenario is a function'],
    ['lists without end', { producers: deep() }, 'is nested too deeply'],
  ])('with %s is refused with the path of the key', (_, value, message) => {
    const load = () => loadScenarioValue(value as object);
    expect(load).toThrow(ScenarioError);
    expect(load).toThrow(message);
  });

  it('is told all of it at once', () => {
    const value = { seed: 1n, producers: [{ ...writer, messages: 2n }] };
    expect(() => loadScenarioValue(value)).toThrow(
      /^2 problems[^]*seed is a BigInt[^]*producers\.w\.messages/,
    );
  });

  it('may hold the same part twice, keys that are undefined, and mappings of any realm', () => {
    const client = { 'linger.ms': 5 };
    const producers = [
      { ...writer, client, messages: undefined },
      { ...writer, name: 'x', client: Object.assign(Object.create(null), client) as object },
    ];
    const value = { producers, phases: runInNewContext('({ measure: "1s" })') as object };
    const { scenario } = loadScenarioValue(value);
    const same = { 'queue.buffering.max.ms': 5 };
    expect(scenario.producers.map((each) => each.client)).toEqual([same, same]);
    expect(scenario.phases.measure).toBe(1e6);
  });
});
