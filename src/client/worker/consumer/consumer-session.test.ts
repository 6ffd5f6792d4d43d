import { describe, expect, it, vi } from 'vitest';
import { monotonic, sleep } from '../../../base/clock.ts';
import { virtualTime } from '../../../base/virtual-time.case.ts';
import type { ConsumerEvents } from '../../kafka/consumer.ts';
import { carriedDue, ENVELOPE_BYTES } from '../../../protocol/envelope.ts';
import {
  joined,
  jsonMessage,
  leaveMillis,
  message,
  placed,
  scene,
  settleMillis,
  type FakeClient,
} from './consumer-session.case.ts';

virtualTime();

vi.mock('../../kafka/consumer.ts', () => ({
  ConsumerClient: {
    connect: ({ client }: { client: FakeClient }, events: ConsumerEvents) => {
      client.events = events;
      return Promise.resolve(client);
    },
  },
}));

describe('joining', () => {
  it('tells when every partition stands at a known place: at its end, or with its first message in hand', async () => {
    const { client, session } = scene();
    await session.connect();
    const membership = () => session.progress().membership;
    expect(membership()).toEqual({ assigned: false, holds: [], placed: true });
    client.log.push(message(1, 40), message(1, 41), message(0, 10));
    client.assign(0, 1, 2);
    await sleep(500);
    expect(membership()).toEqual({ assigned: true, holds: ['t/0', 't/1', 't/2'], placed: false });
    client.events.endOfPartition('t', 2, 0);
    expect(membership()).toMatchObject({ placed: true });
    session.stop(leaveMillis);
  });

  it('tells of a member that gets no partition, and of one that loses what it had', async () => {
    const { client, session } = scene();
    await session.connect();
    client.assign();
    expect(session.progress().membership).toEqual({ assigned: true, holds: [], placed: true });
    client.assign(0);
    expect(session.progress().membership).toMatchObject({ holds: ['t/0'], placed: false });
    client.revoke();
    expect(session.progress().membership).toEqual({ assigned: true, holds: [], placed: true });
    session.stop(leaveMillis);
    await session.run(monotonic.now(), 0);
    expect(session.report().measured.received).toBe(0);
  });

  it('assigns itself everything where it has no group', async () => {
    const { client, session } = scene({ group: null });
    client.assigned = [{ topic: 't', partition: 0 }];
    client.log.push(message(0, 0));
    await session.connect();
    expect(client.subscribe).not.toHaveBeenCalled();
    expect(client.assignAll).toHaveBeenCalledWith(['t']);
    session.stop(leaveMillis);
  });
});

describe('an error while it joins', () => {
  const noRight = Object.assign(new Error('Broker: Topic authorization failed'), { code: 29 });

  it('is told of a member, until something comes', async () => {
    const { session, client, warnings } = scene();
    await session.connect();
    client.failNext = noRight;
    await sleep(settleMillis);
    expect(session.progress().met).toEqual({ code: 'TOPIC_AUTHORIZATION_FAILED', message: noRight.message });
    expect(warnings).toEqual(['TOPIC_AUTHORIZATION_FAILED: reader: Broker: Topic authorization failed']);
    client.assign(0);
    expect(session.progress().met).toBeUndefined();
  });

  it('ends a client without a group where waiting is in vain', async () => {
    const { session, client } = scene({ group: null });
    client.assigned = [{ topic: 't', partition: 0 }];
    client.failNext = noRight;
    await expect(session.connect()).rejects.toMatchObject({
      message:
        'consumer reader had nothing from t/0: TOPIC_AUTHORIZATION_FAILED: Broker: Topic authorization failed',
      hint: expect.stringContaining('READ') as string,
    });
  });

  it('is named when the time is over', async () => {
    const { session, client } = scene({ group: null });
    client.assigned = [{ topic: 't', partition: 0 }];
    const connecting = session.connect();
    await sleep(1);
    client.events.error('_TRANSPORT', 'b:1/1: Connection refused');
    await expect(connecting).rejects.toThrow(
      /from t\/0 within 60 s, .*; its last error: _TRANSPORT: b:1\/1: Connection refused/,
    );
  });
});

describe('a backlog', () => {
  it('counts every message once, those in hand before the start included', async () => {
    const { client, session, begin, intervals } = scene();
    for (let i = 0; i < 50; i++) client.log.push(message(i % 2, i));
    const connecting = session.connect();
    await sleep(1);
    client.assign(0, 1);
    await connecting;
    await placed(session);
    await begin();
    expect(session.report().measured).toEqual({ received: 50, bytes: 50 * (ENVELOPE_BYTES + 8) });
    expect(session.report().processed).toBe(50);
    expect(intervals.reduce((sum, { counts }) => sum + counts.received, 0)).toBe(50);
    expect(session.progress()).toMatchObject({
      received: 50,
      positions: { 't/0': 49, 't/1': 50 },
      state: 'done',
    });
  });

  it('does not read a large one whole while another partition has yet to show where it stands', async () => {
    const { client, session, begin } = scene();
    const backlog = 60_000;
    for (let i = 0; i < backlog; i++) client.log.push(message(0, i));
    const connecting = session.connect();
    await sleep(1);
    client.assign(0, 1);
    await vi.waitFor(() => expect(client.paused.has(0)).toBe(true), 10_000);
    expect(client.log.length).toBeGreaterThan(0);
    client.events.endOfPartition('t', 1, 0);
    await connecting;
    await placed(session);
    await begin();
    expect(session.report().measured.received).toBe(backlog);
  });

  it('counts a message once whose read began before the start and ended after it', async () => {
    const { client, session, begin } = scene();
    await joined(session, client);
    const running = begin();
    client.log.push(message(0, 0, monotonic.now() + 1e6));
    await running;
    expect(session.report().measured.received).toBe(1);
    expect(session.report().processed).toBe(1);
  });

  it('leaves what a rebalance took away to its next owner, who reads it again', async () => {
    const { client, session, begin } = scene({ commit: { kind: 'each' } });
    client.log.push(message(0, 10), message(1, 20));
    const connecting = session.connect();
    await sleep(1);
    client.assign(0, 1);
    await connecting;
    await placed(session);
    client.revoke();
    // What was not committed comes again, to this member or to another.
    client.log.push(message(0, 10, monotonic.now() + 1e6));
    client.assign(0);
    await begin();
    expect(session.report().measured.received).toBe(1);
    expect(client.commits.flat()).toEqual([{ topic: 't', partition: 0, offset: 11 }]);
    expect(session.report().rebalances.map(({ kind }) => kind)).toEqual(['assign', 'revoke', 'assign']);
  });

  it('keeps what librdkafka commits by itself when its partition is taken away', async () => {
    const { client, session, begin } = scene({ commit: { kind: 'auto' } });
    client.log.push(message(0, 10), message(1, 20));
    const connecting = session.connect();
    await sleep(1);
    client.assign(0, 1);
    await connecting;
    await placed(session);
    client.revoke();
    client.assign(0);
    await begin();
    expect(session.report().measured.received).toBe(2);
  });
});

describe('a run', () => {
  it('cuts the warm-up by due time, and measures from there to the arrival', async () => {
    const { client, session, meter } = scene();
    await joined(session, client);
    const start = monotonic.now() + 5000;
    const warmup = 50_000;
    const cut = carriedDue(start + warmup);
    meter.begin(start, cut);
    const ended = session.run(start, warmup);
    await sleep(Math.ceil((cut - monotonic.now()) / 1000) + 2);
    client.log.push(message(0, 0, cut - 1), message(0, 1, cut), message(1, 0, cut + 1));
    await ended;
    const report = session.report();
    expect(report.warmup.received).toBe(1);
    expect(report.measured.received).toBe(2);
    expect(report.firstReceived).toBeGreaterThanOrEqual(cut);
    expect(report.endedBy).toBe('idle');
    expect(client.closed).toBe(true);
    const { measured, warmup: early } = meter.report();
    expect(measured.endToEnd?.exact.count).toBe(2);
    expect(early.endToEnd?.exact.count).toBe(1);
    expect(measured.endToEnd?.exact.max).toBeCloseTo(report.lastReceived! - cut, 3);
  });

  it('measures no latency of what carries no envelope of this run, and counts it by its arrival', async () => {
    const { client, session, begin, meter } = scene();
    await joined(session, client);
    const running = begin();
    await sleep(10);
    client.log.push(message(0, 0));
    await running;
    expect(session.report()).toMatchObject({ foreign: 1, corrupt: 0, measured: { received: 1 } });
    expect(meter.report().measured.endToEnd).toBeUndefined();
  });

  it('validates intact values of this run, and tells once what failed and where', async () => {
    const { client, session, begin, warnings } = scene({ validate: { json: { required: ['id'] } } });
    await joined(session, client);
    const running = begin();
    const broken = jsonMessage(3, '{}');
    broken.value![ENVELOPE_BYTES] = 0;
    client.log.push(
      jsonMessage(0, '{"id": 1}'),
      jsonMessage(1, '{}'),
      jsonMessage(2, 'no'),
      broken,
      message(0, 4),
    );
    await running;
    expect(session.report()).toMatchObject({ processed: 5, foreign: 1, corrupt: 1, invalid: 2 });
    expect(warnings).toEqual([
      expect.stringMatching(
        /^invalid-values reader-0: 2 invalid values: the value must have required property 'id' \(1, first at t\/0@1\); not JSON: .* \(1, first at t\/0@2\)$/,
      ),
    ]);
  });

  it('validates nothing when nobody asks for it', async () => {
    const { client, session, begin, warnings } = scene();
    await joined(session, client);
    const running = begin();
    client.log.push(jsonMessage(0, 'no'));
    await running;
    expect([session.report().invalid, warnings]).toEqual([0, []]);
  });

  it('commits every so many messages and what is left at the end', async () => {
    const { client, session, begin } = scene({ commit: { kind: 'every', messages: 4 } });
    await joined(session, client);
    const running = begin();
    for (let i = 0; i < 10; i++) client.log.push(message(0, i));
    await running;
    expect(client.commits.flat().map(({ offset }) => offset)).toEqual([4, 8, 10]);
  });

  it('is not idle while it commits, however long that takes', async () => {
    const { client, session, begin } = scene({ commit: { kind: 'each' }, mode: { kind: 'batch', size: 5 } });
    client.commitMillis = 15;
    await joined(session, client);
    const running = begin();
    await sleep(settleMillis);
    for (let i = 0; i < 15; i++) client.log.push(message(0, i));
    await running;
    expect(session.report().measured.received).toBe(15);
    expect(session.report().endedBy).toBe('idle');
  });

  it('takes a batch before processing it, in one commit', async () => {
    const { client, session, begin } = scene({ commit: { kind: 'before-processing' } });
    await joined(session, client);
    const running = begin();
    await sleep(settleMillis);
    for (let i = 0; i < 10; i++) client.log.push(message(0, i));
    await running;
    expect(client.commits.flat().map(({ offset }) => offset)).toEqual([10]);
  });

  it('waits for the rest of a batch, but not for ever', async () => {
    const { client, session, begin } = scene({
      mode: { kind: 'batch', size: 3, wait: 400_000 },
      commit: { kind: 'before-processing' },
      idleTimeout: 200_000,
    });
    await joined(session, client);
    const running = begin();
    await sleep(settleMillis);
    client.log.push(message(0, 0));
    await sleep(5);
    client.log.push(message(0, 1), message(0, 2), message(0, 3));
    await running;
    expect(client.commits.flat().map(({ offset }) => offset)).toEqual([3, 4]);
  });

  it('has received a message when its batch is full or waits no longer', async () => {
    const { client, session, meter, begin } = scene({
      mode: { kind: 'batch', size: 2, wait: 300_000 },
      idleTimeout: 500_000,
    });
    await joined(session, client);
    const running = begin();
    await sleep(settleMillis);
    const due = monotonic.now();
    client.log.push(message(0, 0, due));
    await sleep(100);
    client.log.push(message(0, 1, due));
    await sleep(20);
    expect(session.report().measured.received).toBe(2);
    const { exact } = meter.report().measured.endToEnd!;
    expect(exact.min).toBe(exact.max);
    // The clocks of the two readings differ by rounding.
    expect(exact.min).toBeGreaterThan(99_999);
    const alone = monotonic.now();
    client.log.push(message(0, 2, alone));
    await running;
    expect(session.report().lastReceived! - alone).toBeGreaterThan(299_999);
  });

  it('goes on after an error that librdkafka names, and counts it', async () => {
    const { client, session, begin } = scene({ idleTimeout: 200_000 });
    await joined(session, client);
    const running = begin();
    client.failNext = Object.assign(new Error('broker'), { code: -195 });
    await sleep(5);
    client.log.push(message(0, 0));
    await running;
    expect(session.report().errors).toEqual([expect.objectContaining({ code: '_TRANSPORT', count: 1 })]);
    expect(session.report().measured.received).toBe(1);
  });

  it('ends in time where no broker answers: neither its commits nor its leaving', async () => {
    const { client, session, begin, warnings } = scene({ idleTimeout: null, commit: { kind: 'each' } });
    await joined(session, client);
    client.hangs = true;
    for (let offset = 0; offset < 50; offset++) client.log.push(message(0, offset, 5e9));
    const running = begin();
    await sleep(1000);
    const stopped = monotonic.now();
    session.stop(leaveMillis);
    await running;
    expect((monotonic.now() - stopped) / 1000).toBeLessThan(leaveMillis + 1000);
    expect(session.report()).toMatchObject({ endedBy: 'stop', processed: 1 });
    expect(warnings).toEqual(['not-left reader-0: reader/0 could not leave in time: no broker answered it']);
  });

  it('ends when it is told to, without a message', async () => {
    const { client, session, begin } = scene({ idleTimeout: null });
    await joined(session, client);
    const running = begin();
    session.stop(leaveMillis);
    await running;
    expect(session.report()).toMatchObject({ endedBy: 'stop', firstMessage: null, lastReceived: null });
  });

  it('shows messages without their envelope', async () => {
    const { client, session, begin, shown } = scene();
    await joined(session, client);
    const running = begin();
    client.log.push(message(1, 5, 1));
    await running;
    expect(shown).toMatchObject([
      { direction: 'received', name: 'reader', topic: 't', partition: 1, offset: 5, value: 'xxxxxxxx' },
    ]);
  });
});
