import { rmSync } from 'node:fs';
import { sleep } from '../../base/clock.ts';
import { identityOf, isAlive } from '../local/process-identity.ts';
import { readJournal } from './journal-files.ts';
import { appendLine } from './journal.ts';
import { performUndo } from './perform-undo.ts';
import { restoreJournal } from './restore.ts';

/** A killed harness is noticed within this. */
const lookMillis = 500;
const retryMillis = 5_000;
/** An engine that restarts, a machine that swaps: after this long a person has to look. */
const giveUpMillis = 600_000;
/** What a run left in order waits for idle connections to end (Kafka's `connections.max.idle.ms`: ten minutes). */
const leftRetryMillis = 30_000;
const leftGiveUpMillis = 3_600_000;

/** Argument: the path of a journal. Ends when it is closed or gone, or when all that was open is undone. */
async function main(path: string): Promise<void> {
  for (const signal of ['SIGHUP', 'SIGINT'] as const) process.on(signal, () => undefined);
  const self = identityOf(process.pid);
  if (self) appendLine(path, { is: 'watchdog', process: self });
  for (;;) {
    const journal = readJournal(path);
    if (!journal || journal.closed) return;
    if (journal.left || !isAlive(journal.owner)) break;
    await sleep(lookMillis);
  }
  // Nothing was broken, so nobody needs to hear of it.
  if (readJournal(path)?.open.length === 0) {
    rmSync(path, { force: true });
    return;
  }
  const began = performance.now();
  for (;;) {
    const { failed } = await restoreJournal(path, 'watchdog', performUndo);
    // What a run left in order is nothing to tell anybody of.
    if (failed.length === 0 && readJournal(path)?.left) rmSync(path, { force: true });
    const canWait = failed.every(({ undo }) => undo.kind === 'side-networks');
    const limit = canWait ? leftGiveUpMillis : giveUpMillis;
    if (failed.length === 0 || performance.now() - began > limit) return;
    await sleep(canWait ? leftRetryMillis : retryMillis);
  }
}

await main(process.argv[2] ?? '');
