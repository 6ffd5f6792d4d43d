import { describe, expect, it } from 'vitest';
import type { Progress } from '../trial/observer.ts';
import type { ShownMessage } from '../protocol/report.ts';
import { paintFor } from './colours.ts';
import { runDisplay } from './run-display.ts';

const progress: Progress = {
  phase: 'measure',
  elapsedSeconds: 3,
  totalSeconds: 10,
  attempted: 10,
  plannedMessages: null,
  settled: 10,
  received: 10,
  errors: 0,
  inFlight: 0,
  rate: 5,
  receiveRate: 5,
  p50: null,
  p99: null,
};
const message: ShownMessage = {
  direction: 'sent',
  name: 'writer',
  topic: 't',
  partition: 0,
  offset: 1,
  key: null,
  value: 'v',
  skipped: 0,
};
const line = 'measure 3/10 s · 5/s sent (10) · 5/s received (10) · 0 in flight';
const clear = '\r\u001b[K';

function scene(terminal: boolean, quiet = false, columns?: number) {
  const written: string[] = [];
  const time = { now: 1_000_000 };
  const stream = { isTTY: terminal, columns, write: (text: string) => written.push(text) };
  const io = {
    out: (text: string) => void written.push(`out: ${text}`),
    err: (text: string) => void written.push(`err: ${text}`),
  };
  const display = runDisplay(io, {
    quiet,
    stream: stream as unknown as NodeJS.WriteStream,
    now: () => time.now,
  });
  return { display, written, time };
}

describe('on a terminal', () => {
  it('rewrites one line, and clears it before anything else is printed and at the end', () => {
    const { display, written } = scene(true);
    display.status('starting');
    display.progress(progress);
    display.progress(progress);
    display.shown(message);
    display.progress(progress);
    display.end();
    display.end();
    expect(written).toEqual([
      'err: starting',
      `${clear}${line}`,
      `${clear}${line}`,
      clear,
      'out: writer sent t partition 0 offset 1 key=null value=v',
      `${clear}${line}`,
      clear,
    ]);
  });

  it('cuts a line that would break into two, which could not be cleared', () => {
    const { display, written } = scene(true, false, 30);
    display.progress(progress);
    const shown = written[0]!.slice(clear.length);
    expect(shown).toBe(`${line.slice(0, 28)}…`);
    expect(shown.length).toBeLessThan(30);
  });
});

describe('elsewhere', () => {
  it('prints a plain line now and then', () => {
    const { display, written, time } = scene(false);
    for (let i = 0; i < 21; i++) {
      display.progress({ ...progress, elapsedSeconds: i / 2 });
      time.now += 500;
    }
    display.end();
    expect(written.map((text) => text.slice(0, 17))).toEqual([
      'err: measure 0/10',
      'err: measure 5/10',
      'err: measure 10/1',
    ]);
    expect(written.join('')).not.toContain('\u001b');
  });
});

it.each([true, false])(
  'prints no progress with --quiet, terminal or not (%s), but the messages asked for',
  (terminal) => {
    const { display, written } = scene(terminal, true);
    display.status('starting');
    display.progress(progress);
    display.shown(message);
    display.end();
    expect(written).toEqual(['out: writer sent t partition 0 offset 1 key=null value=v']);
  },
);

it('leaves warnings to the summary', () => {
  const { display, written } = scene(false);
  display.warning({ code: 'c', message: 'm' });
  expect(written).toEqual([]);
});

it('paints nothing where standard output is no terminal', () => {
  const paint = paintFor({ isTTY: false } as unknown as NodeJS.WriteStream);
  expect(paint.bold('x') + paint.bad('y') + paint.good('z') + paint.warn('w') + paint.dim('d')).toBe('xyzwd');
});
