import { describe, expect, it } from 'vitest';
import { scenarioOf } from '../evidence.case.ts';
import { mockExcess, mockVolume } from './mock-volume.ts';

const consumer = 'consumers: [{ name: reader, topic: t }]';
const check =
  (producer: string, more = consumer) =>
  () =>
    mockVolume(scenarioOf(`{ producers: [{ name: writer, topic: t, ${producer} }], ${more} }`));

describe('mockVolume', () => {
  it('lets through what the mock keeps', () => {
    expect(check('messages: 10k, value: { bytes: 100 }')).not.toThrow();
    expect(check('rate: 1000/s, for: 10s, value: { bytes: 100 }')).not.toThrow();
  });

  it('asks nothing of producers that nobody reads', () => {
    expect(check('value: { bytes: 1MB }', 'consumers: []')).not.toThrow();
    expect(
      check(
        'value: { bytes: 1MB }',
        'topics: [{ name: u, reuse: true }], consumers: [{ name: reader, topic: u }]',
      ),
    ).not.toThrow();
  });

  it('refuses what has no bound', () => {
    expect(check('value: { bytes: 100 }')).toThrow('topic t takes an unlimited number of messages');
    expect(check('messages: 1000', `${consumer}, phases: { warmup: 1s }`)).toThrow('unlimited');
  });

  it('counts value, envelope and framing: 5 MiB a partition, of which two are surely used', () => {
    // (924 + 100) bytes × 10 240 = 10 MiB.
    expect(check('messages: 10240, value: { bytes: 924 }')).not.toThrow();
    expect(check('messages: 10241, value: { bytes: 924 }')).toThrow(
      expect.objectContaining({ code: 'scenario', hint: expect.stringContaining('messages:') as string }),
    );
  });

  it.each(['key: { fixed: one }', 'partition: 2'])('expects everything in one partition where %s', (what) => {
    expect(check(`messages: 5120, value: { bytes: 924 }, ${what}`)).not.toThrow();
    expect(check(`messages: 5121, value: { bytes: 924 }, ${what}`)).toThrow(
      'more than the mock cluster keeps',
    );
  });

  it('counts batches: at worst each message is one', () => {
    expect(check('messages: 200k, value: { bytes: 32 }, key: none', consumer)).toThrow('200000 messages');
    expect(check('messages: 79k, value: { bytes: 32 }, key: none', consumer)).not.toThrow();
  });

  it('tells of the topic that is read, whatever else takes too much', () => {
    const producers = `
producers:
  - { name: a, topic: t }
  - { name: b, topic: u }
consumers: [{ name: reader, topic: u }]`;
    expect(() => mockVolume(scenarioOf(producers))).toThrow('topic u takes');
  });

  it('takes the highest rate of a schedule, its warm-up too, and adds the producers of a topic', () => {
    const steps = 'rate: [{ rate: 10/s, for: 1s }, { rate: 1000/s, for: 1s }], value: { bytes: 924 }';
    expect(check(`${steps}, for: 10s`)).not.toThrow();
    expect(check(`${steps}, for: 11s`)).toThrow('11000 messages');
    expect(check(`${steps}, for: 10s`, `${consumer}, phases: { warmup: 1s }`)).toThrow('11000 messages');
    expect(check('rate: { from: 1/s, to: 1100/s, over: 1s }, value: { bytes: 924 }, for: 10s')).toThrow(
      '11000 messages',
    );
    const two = `
producers:
  - { name: a, topic: t, messages: 6k, value: { bytes: 924 } }
  - { name: b, topic: t, messages: 6k, value: { bytes: 924 } }
consumers: [{ name: reader, topic: t }]`;
    expect(() => mockVolume(scenarioOf(two))).toThrow('12000 messages');
  });
});

describe('mockExcess', () => {
  const excess = (text: string) => mockExcess(scenarioOf(text));

  it('names each topic that takes too much, also where nobody reads it: an audit would', () => {
    const producers = `
producers:
  - { name: a, topic: t, messages: 11k, value: { bytes: 924 } }
  - { name: b, topic: u, messages: 10, value: { bytes: 924 } }
  - { name: c, topic: v }`;
    const found = [
      { topic: 't', volume: '11000 messages, about 11.3 MB' },
      { topic: 'v', volume: 'an unlimited number of messages' },
    ];
    expect(excess(producers)).toEqual(found);
  });

  it('names none where all of it is kept', () => {
    expect(excess('{ producers: [{ name: a, topic: t, messages: 10k, value: { bytes: 100 } }] }')).toEqual(
      [],
    );
  });
});
