import { describe, expect, it } from 'vitest';
import { parseScenario } from './load.ts';
import { applySettings, parseSetting } from './settings.ts';

const root = {
  producers: [
    { name: 'writer', rate: 'max', client: { acks: 'all' } },
    { name: 'other', topic: 't' },
  ],
  faults: [{ id: 'outage', stop: 'kafka2' }],
};
const set = (...texts: string[]): unknown => applySettings(root, texts.map(parseSetting));

describe('settings', () => {
  it.each([
    ['producers.writer.rate=500/s', { producers: [{ rate: '500/s' }, {}] }],
    ['producers.1.topic=u', { producers: [{}, { topic: 'u' }] }],
    ['producers.writer.client.linger.ms=5', { producers: [{ client: { acks: 'all', 'linger.ms': 5 } }, {}] }],
    ['producers.other.client.acks=0', { producers: [{}, { client: { acks: 0 } }] }],
    ['faults.outage.stop=kafka3', { faults: [{ stop: 'kafka3' }] }],
    ['phases.measure=5s', { phases: { measure: '5s' } }],
    ['expect.ack.p99=<= 5ms', { expect: { 'ack.p99': '<= 5ms' } }],
    ['cluster={ kind: local, brokers: 3 }', { cluster: { kind: 'local', brokers: 3 } }],
  ])('%s', (text, part) => {
    expect(set(text)).toMatchObject(part);
  });

  it('remove a key where the value is null', () => {
    expect(set('producers.writer.client.acks=null', 'producers.writer.rate=null')).toEqual({
      ...root,
      producers: [{ name: 'writer', client: {} }, root.producers[1]],
    });
    expect(set('faults=null')).toEqual({ producers: root.producers });
    expect(set('faults.outage.stop=null', 'faults=null', 'seed=3')).toEqual({
      producers: root.producers,
      seed: 3,
    });
    expect(set('expect.lost="null"')).toMatchObject({ expect: { lost: 'null' } });
  });

  it('leave what they were given as it was, and the last of two on one path stands', () => {
    const before = structuredClone(root);
    expect(set('seed=1', 'seed=2')).toEqual({ ...root, seed: 2 });
    expect(root).toEqual(before);
  });

  it.each([
    ['producers.writer', /no setting/, /path=value/],
    ['=5', /no setting/, /path=value/],
    ['producers.wirter.rate=5/s', /there is no wirter/, /did you mean writer/],
    ['producers.9.rate=5/s', /there is no 9/, /writer, other/],
    ['producers.writer.rate.from=5/s', /nothing below "max"/, /holds it/],
    ['seed={', /cannot be read: /, /quotes/],
    [
      'producers.writer.value.json={ id: 12345678901234567890 }',
      /would become 12345678901234567000/,
      /quotes/,
    ],
    ['producers.writer.client.acsk=null', /there is no acsk to remove/, /did you mean acks/],
    ['phases.measure=null', /there is no phases to remove/, /producers, faults/],
    ['faults.outage=null', /not an entry of a list/, /whole list/],
    ['producers.writer.client={ acks: 1, acks: 0 }', /duplicate key "acks"|unique/, /quotes/],
  ])('%s is refused', (text, message, hint) => {
    expect(() => set(text)).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: expect.stringMatching(message) as string,
        hint: expect.stringMatching(hint) as string,
      }) as Error,
    );
  });

  it('change the scenario, its fingerprint and what is recorded of it', () => {
    const load = (...settings: string[]) =>
      parseScenario('producers: [{ name: w, topic: t, rate: 5/s }]', {
        file: 'x.yaml',
        env: {},
        readFile: () => '',
        settings: settings.map(parseSetting),
      });
    const plain = load();
    const changed = load('producers.w.rate=7/s');
    expect(changed.scenario.producers[0]!.rate).toMatchObject({ perSecond: 7 });
    expect(changed.sha256).not.toBe(plain.sha256);
    expect(changed.resolved).toMatchObject({ producers: [{ rate: '7/s' }] });
    expect(() => load('producers.w.rate=fast')).toThrow(/rate/);
    expect(load('producers.w.rate=null').resolved).toEqual({ producers: [{ name: 'w', topic: 't' }] });
    expect(() => load('producers.w.topic=null')).toThrow(/topic/);
    expect(() => load('producers.w.client.acks=1', 'producers.w.client=null')).not.toThrow();
  });
});
