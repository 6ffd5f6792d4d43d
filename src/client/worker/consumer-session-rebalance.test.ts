import { describe, expect, it, vi } from 'vitest';
import { sleep } from '../../base/clock.ts';
import { virtualTime } from '../../base/virtual-time.case.ts';
import type { ConsumerEvents } from '../kafka/consumer.ts';
import {
  joined,
  message,
  scene as sceneOf,
  settleMillis,
  type FakeClient,
} from './consumer/consumer-session.case.ts';
import type { ConsumerEvidence } from './consumer/consumer-evidence.ts';
import type { ConsumerClientPlan } from '../../protocol/plan.ts';

virtualTime();

vi.mock('../kafka/consumer.ts', () => ({
  ConsumerClient: {
    connect: ({ client }: { client: FakeClient }, events: ConsumerEvents) => {
      client.events = events;
      return Promise.resolve(client);
    },
  },
}));

const refusal = Object.assign(new Error('rebalance'), { code: 27 });

/** A session, and the offsets of partition 0 in the order in which it processes them. */
function scene(more: Partial<ConsumerClientPlan> = {}) {
  const processed: number[] = [];
  const nothing = () => undefined;
  const evidence = {
    ...{ assigned: nothing, revoked: nothing, flush: nothing, close: nothing, broken: nothing },
    committing: () => nothing,
    processed: ({ offset }: { offset: number }) => processed.push(offset),
  } as unknown as ConsumerEvidence;
  const made = sceneOf({ idleTimeout: 100_000, ...more }, evidence);
  const { client, session, begin } = made;
  const push = (...offsets: number[]) => client.log.push(...offsets.map((offset) => message(0, offset, 0)));
  /** Everything revoked, and partition 0 back at the offset where a next owner would begin. */
  const rebalance = (...again: number[]) => {
    client.revoke();
    client.log = [];
    push(...again);
    client.assign(0);
  };
  const taking = async (work: () => void) => {
    await joined(session, client);
    const running = begin();
    await sleep(settleMillis);
    work();
    await running;
  };
  const committed = () => client.commits.flat().map(({ offset }) => offset);
  return { ...made, processed, push, rebalance, taking, committed };
}

describe('a rebalance while messages are in hand', () => {
  it('leaves them to the next owner, who begins at what was committed', async () => {
    const { client, taking, push, rebalance, processed, committed } = scene({ commit: { kind: 'each' } });
    client.onCommit = () => {
      if (client.commits.length === 2) rebalance(2, 3, 4);
      return null;
    };
    await taking(() => push(0, 1, 2, 3, 4));
    expect(processed).toEqual([0, 1, 2, 3, 4]);
    expect(committed()).toEqual([1, 2, 3, 4, 5]);
  });

  it('takes nothing from a client whose partitions stay', async () => {
    const { client, taking, push, processed } = scene({ commit: { kind: 'each' } });
    client.onCommit = () => {
      if (client.commits.length === 2) client.events.rebalance('revoke', [{ topic: 't', partition: 1 }]);
      return null;
    };
    await taking(() => push(0, 1, 2, 3, 4));
    expect(processed).toEqual([0, 1, 2, 3, 4]);
  });

  it('does not let it commit what it no longer has, which would set the next owner back', async () => {
    const { client, taking, push, committed } = scene({ commit: { kind: 'every', messages: 2 } });
    client.onCommit = () => {
      if (client.commits.length === 1) client.revoke();
      return refusal;
    };
    await taking(() => push(0, 1, 2));
    expect(committed()).toEqual([2]);
  });

  it('leaves to it what has been committed before processing: it comes to nobody else', async () => {
    const { client, taking, push, rebalance, processed } = scene({ commit: { kind: 'before-processing' } });
    client.onCommit = () => {
      if (client.commits.length === 1) rebalance(3);
      return null;
    };
    await taking(() => push(0, 1, 2));
    expect(processed).toEqual([0, 1, 2, 3]);
  });

  it('takes what was to be committed before processing where the broker refused that', async () => {
    const { client, taking, push, rebalance, processed } = scene({ commit: { kind: 'before-processing' } });
    client.onCommit = () => {
      if (client.commits.length > 1) return null;
      rebalance(0, 1, 2);
      return refusal;
    };
    await taking(() => push(0, 1, 2));
    expect(processed).toEqual([0, 1, 2]);
  });

  it('takes them out of a batch that waits for more', async () => {
    const { taking, push, rebalance, processed } = scene({
      commit: { kind: 'each' },
      mode: { kind: 'batch', size: 10, wait: 60_000 },
    });
    await taking(() => {
      push(0, 1);
      setTimeout(() => rebalance(0, 1, 2), 20);
    });
    expect(processed).toEqual([0, 1, 2]);
  });

  it('takes what was on its way from librdkafka, and counts it where it arrives', async () => {
    const { client, session, taking, push, processed } = scene({ commit: { kind: 'each' } });
    const receive = client.receive.bind(client);
    client.receive = async (max, timeout) => {
      const messages = await receive(max, timeout);
      if (messages.length > 0 && session.report().rebalances.length === 1) client.revoke();
      return messages;
    };
    await taking(() => {
      push(0, 1);
      setTimeout(() => {
        push(0, 1);
        client.assign(0);
      }, 20);
    });
    expect(processed).toEqual([0, 1]);
    expect(session.progress().received).toBe(2);
  });

  it('finds it standing at what it has processed: what it has in hand may yet be taken', async () => {
    const { client, session, taking, push } = scene({ commit: { kind: 'each' } });
    const positions: unknown[] = [];
    client.onCommit = () => {
      client.events.endOfPartition('t', 0, 3);
      positions.push(session.progress().positions['t/0']);
      return null;
    };
    await taking(() => push(0, 1, 2));
    expect(positions).toEqual([1, 2, 3]);
  });

  it('leaves the client without a position there: only the next owner’s counts', async () => {
    const { client, session, taking, push } = scene({ commit: { kind: 'each' } });
    let positions: object = { unset: true };
    await taking(() => {
      push(0, 1);
      setTimeout(() => {
        client.revoke();
        positions = session.progress().positions;
      }, 20);
    });
    expect(positions).toEqual({});
  });
});
