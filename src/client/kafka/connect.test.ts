import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { KafkaError, RawClient } from './binding.ts';
import { connect } from './connect.ts';

/** A client whose connecting the test decides. */
function scene(topic?: string) {
  const heard: string[] = [];
  let answer: (error: KafkaError | null) => void = () => undefined;
  let asked: object | undefined;
  const client = Object.assign(new EventEmitter(), {
    connect(options: object, done: typeof answer) {
      asked = options;
      answer = done;
    },
  }) as unknown as RawClient & EventEmitter;
  const events = {
    error: (name: string, message: string) => heard.push(`${name}: ${message}`),
    statistics: () => undefined,
  };
  const connected = connect(client, 'writer', { 'bootstrap.servers': 'b:9092' }, events, topic);
  const fail = (message: string) =>
    client.emit('event.log', {
      severity: 3,
      fac: 'FAIL',
      message: `[thrd:b/1]: b:9092/bootstrap: ${message}`,
    });
  return { client, connected, heard, fail, asked, answer: (error: KafkaError | null) => answer(error) };
}

describe('connecting a client', () => {
  it('ends with its answer, and asks for the topic that a producer names', async () => {
    const producer = scene('orders');
    producer.answer(null);
    await producer.connected;
    expect(producer.asked).toEqual({ topic: 'orders', timeout: 10_000 });
    expect(scene().asked).toEqual({ timeout: 10_000 });
  });

  it('tells errors while it lasts and after it', async () => {
    const { fail, heard, connected, answer } = scene();
    fail('Connect to ipv4#127.0.0.1:9092 failed: Connection refused');
    answer(null);
    await connected;
    fail('Connect to ipv4#127.0.0.1:9092 failed: No route to host');
    expect(heard.map((line) => line.replace(/^.*failed: /, ''))).toEqual([
      'Connection refused',
      'No route to host',
    ]);
  });

  it('says what it met where it fails, and does not wait for what is in vain', async () => {
    const late = scene();
    late.fail('Connect to ipv4#127.0.0.1:9092 failed: Connection refused');
    late.answer(Object.assign(new Error('Local: Timed out'), { code: -185 }));
    await expect(late.connected).rejects.toThrow('writer could not connect: _TRANSPORT: b:9092/bootstrap');
    const vain = scene();
    vain.fail('SASL authentication error: Authentication failed: Invalid username or password');
    await expect(vain.connected).rejects.toThrow('writer could not connect: _AUTHENTICATION');
  });
});
