import { describe, expect, it } from 'vitest';
import { renderMessage, type MessageView } from './message-line.ts';
import { renderProgress, type ProgressView } from './progress-line.ts';
import { renderTable } from './table.ts';

describe('renderProgress', () => {
  const view: ProgressView = {
    phase: 'measure',
    elapsedSeconds: 12.4,
    totalSeconds: 35,
    attempted: 60_100,
    plannedMessages: null,
    settled: 60_000,
    received: 59_000,
    errors: 0,
    inFlight: 100,
    rate: 5000,
    receiveRate: 4990.4,
    p50: 1_234,
    p99: 12_345,
  };
  it.each([
    [
      'a timed open loop',
      view,
      'measure 12/35 s · 5 000/s sent (60 000) · 4 990/s received (59 000) · p50 1.23 ms, p99 12.3 ms · 100 in flight',
    ],
    [
      'a counted run with errors and no latency yet',
      { ...view, totalSeconds: null, plannedMessages: 100_000, errors: 1234, p50: null, p99: null },
      'measure 12 s · 5 000/s sent (60 000/100 000) · 4 990/s received (59 000) · 100 in flight · 1 234 errors',
    ],
    [
      'the very beginning',
      {
        ...view,
        phase: 'warmup',
        elapsedSeconds: 0,
        settled: 0,
        received: 0,
        rate: 0,
        receiveRate: 0,
        inFlight: 0,
        p50: null,
        p99: null,
      },
      'warmup 0/35 s · 0/s sent (0) · 0/s received (0) · 0 in flight',
    ],
    [
      'an audit',
      {
        ...view,
        phase: 'audit',
        audit: { read: 8_356_000, expected: 20_000_000, perSecond: 863_437, seconds: 9.7 },
      },
      'audit 10 s: reading the log back · 8 356 000 of about 20 000 000 records · 863 437/s · about 14 s left',
    ],
    [
      'an audit of a log with more than was acknowledged',
      { ...view, phase: 'audit', audit: { read: 12, expected: 10, perSecond: 5, seconds: 2.4 } },
      'audit 2 s: reading the log back · 12 of about 12 records · 5/s',
    ],
  ])('is one line: %s', (_, shown, line) => {
    expect(renderProgress(shown)).toBe(line);
  });
});

describe('renderMessage', () => {
  const message: MessageView = {
    direction: 'sent',
    name: 'writer',
    topic: 'orders-1',
    partition: 2,
    offset: 41,
    key: 'k',
    value: '{"str":"result1"}',
    skipped: 0,
  };
  it.each([
    ['confirmed', message, 'writer sent orders-1 partition 2 offset 41 key=k value={"str":"result1"}'],
    [
      'received',
      { ...message, direction: 'received' as const, name: 'reader', key: null },
      'reader received orders-1 partition 2 offset 41 key=null value={"str":"result1"}',
    ],
    [
      'not confirmed, at acks=0',
      { ...message, offset: -1, partition: -1 },
      'writer sent orders-1 (not confirmed) key=k value={"str":"result1"}',
    ],
    [
      'sent where only the partition is known',
      { ...message, offset: -1001 },
      'writer sent orders-1 partition 2 (not confirmed) key=k value={"str":"result1"}',
    ],
    [
      'failed',
      { ...message, offset: -1, error: '_MSG_TIMED_OUT' },
      'writer failed to send to orders-1: _MSG_TIMED_OUT key=k value={"str":"result1"}',
    ],
    [
      'after others that are left out',
      { ...message, value: null, skipped: 900 },
      '… 900 more\nwriter sent orders-1 partition 2 offset 41 key=k value=null',
    ],
  ])('shows a message that was %s', (_, shown, line) => {
    expect(renderMessage(shown)).toBe(line);
  });
});

describe('renderTable', () => {
  it('aligns columns, two spaces apart, without blanks at the end', () => {
    expect(
      renderTable(
        [
          ['name', 'n'],
          ['a', '1 000'],
          ['longer', ''],
        ],
        ['left', 'right'],
      ),
    ).toEqual(['name        n', 'a       1 000', 'longer']);
  });

  it('counts what a reader sees as one character as one', () => {
    expect(
      renderTable(
        [
          ['µ→é', 'x'],
          ['🎉', 'y'],
          ['abc', 'z'],
        ],
        ['left', 'left'],
      ),
    ).toEqual(['µ→é  x', '🎉    y', 'abc  z']);
  });

  it('is empty without rows, and takes rows that are short of cells', () => {
    expect(renderTable([], ['left', 'right'])).toEqual([]);
    expect(renderTable([[], ['a', 'b']], ['right', 'left'])).toEqual(['', 'a  b']);
  });
});
