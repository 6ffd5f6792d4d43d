import { monotonic, sleep, type Micros } from '../base/clock.ts';
import { lastErrorText } from '../base/client-error.ts';
import { messageOf, type Warning } from '../base/errors.ts';
import type { Admin } from '../cluster/admin/admin.ts';
import { auditIncomplete, type AuditedPartition, type ClientConfig } from '../protocol/plan.ts';
import type { ClientProgress } from '../protocol/report.ts';
import type { Verification } from './verification.ts';
import { WorkerProcess, type WorkerSilence } from './workers/worker-process.ts';

/** A reader that has heard nothing for this long gives up; the verdict is UNKNOWN then. */
const patience: Micros = 30e6;
const lookMillis = 200;

export interface AuditOptions {
  readonly verification: Verification;
  readonly run: number;
  readonly admin: Admin | null;
  readonly config: ClientConfig;
  /** Order by key is checked. */
  readonly keys: boolean;
  /** How long transactions that are still open are waited for. */
  readonly limit: Micros;
  /** Asked for while the audit goes on, it ends where it is: what it has read is judged, the rest is unaudited. */
  readonly stop: AbortSignal;
  readonly cut: AbortSignal;
  /** How far the reader is, now and then. */
  readonly progress: (reader: readonly ClientProgress[]) => void;
  /** The reader stands still, or does so no more. */
  readonly silence?: (silence: WorkerSilence) => void;
}

/**
 * Reads the log again, in a process of its own and without a group, into the evidence. It does not fail the run: an
 * audit that could not be made is part of the verdict. Why one gave up is a warning.
 */
export async function auditLog(options: AuditOptions): Promise<readonly Warning[]> {
  let worker: WorkerProcess | undefined;
  let reader: readonly ClientProgress[] = [];
  const warnings: Warning[] = [];
  const cut = cutShort(options.cut);
  cut.catch(() => undefined);
  // A run that was stopped before is audited like any other.
  const stop = options.stop.aborted ? new AbortController().signal : options.stop;
  const end = (): void => worker?.stop(0);
  try {
    const { run, verification, keys, progress } = options;
    worker = new WorkerProcess(
      {
        role: 'audit',
        worker: 'audit',
        run,
        seed: 0,
        showMessagesPerSecond: 0,
        evidence: verification.plan,
        config: configOf(options),
        partitions: await settledPartitions({ ...options, stop }),
        deadLetters: await verification.deadLetters(options.admin),
        keys,
        measureStart: verification.measureStart?.wall ?? null,
        patience,
      },
      (message) => {
        if (message.type === 'warning' && message.warning.code === auditIncomplete) {
          warnings.push(message.warning);
        }
        if (message.type !== 'progress') return;
        reader = message.progress;
        progress(reader);
      },
      { silence: (silence) => options.silence?.(silence) },
    );
    await Promise.race([worker.ready, cut]);
    worker.start(monotonic.now());
    if (stop.aborted) end();
    else stop.addEventListener('abort', end, { once: true });
    await Promise.race([worker.finished, cut]);
    await Promise.race([options.verification.readWhatItShould(), cut]);
    options.verification.audited(stop.aborted ? 'interrupted' : null);
    return stop.aborted ? [] : [...gaveUp(reader), ...warnings];
  } catch (error) {
    options.verification.audited(messageOf(error));
    return [];
  } finally {
    stop.removeEventListener('abort', end);
    await worker?.end();
  }
}

/** The reader tells where it stands when it is done. */
function gaveUp(reader: readonly ClientProgress[]): readonly Warning[] {
  const [last] = reader;
  if (last === undefined || last.atEnd) return [];
  const message = `the audit gave up before the end of the logs: nothing more came${lastErrorText(last.met)}`;
  return [{ code: auditIncomplete, message }];
}

function configOf({ config, verification }: AuditOptions): ClientConfig {
  return {
    ...config,
    'client.id': 'kafka-bench-audit',
    // Never joined: librdkafka's consumer wants one.
    'group.id': 'kafka-bench-audit',
    'enable.auto.commit': false,
    'auto.offset.reset': 'earliest',
    'isolation.level': verification.readUncommitted ? 'read_uncommitted' : 'read_committed',
    'check.crcs': true,
    // A broker that was cut off may have told it an old leader; nothing else would make it ask again for minutes.
    'topic.metadata.refresh.interval.ms': 1000,
  };
}

/**
 * Transactions still open hold the last stable offset back; what is behind it after the limit hangs. Replicas that are
 * behind hold the high watermark back; what is behind that after the limit is unaudited. Logs end for the audit where
 * they did at the first look: the run has sent all it had by then, and others may go on writing for ever.
 */
async function settledPartitions({ verification, admin, limit, stop, cut }: AuditOptions) {
  const deadline = monotonic.now() + limit;
  const over = AbortSignal.any([stop, cut]);
  const first = new Map<string, AuditedPartition>();
  for (;;) {
    const looked = await verification.partitions(admin);
    const partitions = looked.map((each) => endingAsFirstSeen(each, first));
    const open = partitions.some(({ end }) => end !== null && end.lastStableOffset < logEndOf(end));
    if (!open || monotonic.now() > deadline || over.aborted) return partitions;
    await sleep(lookMillis, over);
  }
}

/** @param first by topic and partition, entered here: partitions are added, or answer, between looks */
function endingAsFirstSeen(now: AuditedPartition, first: Map<string, AuditedPartition>): AuditedPartition {
  const { topic, partition, end } = now;
  if (end === null) return now;
  const name = `${topic}/${partition}`;
  const { from = 0, end: before } = first.get(name) ?? {};
  const logEnd = before ? logEndOf(before) : 0;
  // A log that is shorter than before was cut off or made again, and is looked at anew.
  if (!before || end.highWatermark < before.highWatermark || (end.logEnd ?? logEnd) < logEnd) {
    first.set(name, now);
    return now;
  }
  const highWatermark = Math.min(end.highWatermark, logEnd);
  const lastStableOffset = Math.min(end.lastStableOffset, highWatermark);
  const behind = logEnd > highWatermark ? { logEnd } : {};
  return { ...now, from, end: { highWatermark, lastStableOffset, ...behind } };
}

/** Never below the high watermark: what another broker told before says nothing more. */
const logEndOf = ({ highWatermark, logEnd = 0 }: NonNullable<AuditedPartition['end']>): number =>
  Math.max(highWatermark, logEnd);

function cutShort(cut: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () => reject(new Error('the run was cut short'));
    if (cut.aborted) fail();
    cut.addEventListener('abort', fail, { once: true });
  });
}
